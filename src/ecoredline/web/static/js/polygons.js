/** Shapes in the colours they come with; a click leads to what each is about. */

import { makeLayers, makeMap, readConfig } from "./layers.js";
import { showPlaces } from "./places_layer.js";
import { seeThrough } from "./styles.js";

document.getElementById("by")?.addEventListener("change", (event) => event.target.form.requestSubmit());

if (document.getElementById("map")) {
  const config = readConfig();
  const layers = makeLayers(config, "");
  layers.names?.setVisible(false);
  const map = makeMap(config, layers);
  await showPlaces(map, config.places, {
    fill: (feature) => seeThrough(feature.get("colour"), 0.78),
    words: (feature) => feature.get("words"),
    address: (feature) => feature.get("url"),
  });
  map.once("rendercomplete", () => {
    document.body.dataset.ready = "polygons";
  });
  map.render();
} else {
  document.body.dataset.ready = "polygons";
}
