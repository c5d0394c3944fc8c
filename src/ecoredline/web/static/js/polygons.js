/** All redline polygons in the colours of one choice; a click leads to the polygon's numbers. */

import { makeLayers, makeMap, readConfig } from "./layers.js";
import { showPlaces } from "./places_layer.js";
import { seeThrough } from "./styles.js";

document.getElementById("by").addEventListener("change", (event) => event.target.form.requestSubmit());

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
