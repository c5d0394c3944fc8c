/** The map of an assessment: places coloured by grade. */

import { makeLayers, makeMap, readConfig } from "./layers.js";
import { showPlaces } from "./places_layer.js";
import { colour, seeThrough } from "./styles.js";

const config = readConfig();
const layers = makeLayers(config, "");
layers.names?.setVisible(false);
const map = makeMap(config, layers);
await showPlaces(map, config.places, {
  fill: (feature) => seeThrough(colour(`step-${feature.get("step") || "none"}`), 0.72),
  words: (feature) => `${feature.get("name")}\n${feature.get("total")?.toFixed(1) ?? "—"}`,
  address: (feature) => config.place.replace("CODE", encodeURIComponent(feature.get("code"))),
});
map.once("rendercomplete", () => {
  document.body.dataset.ready = "assessment";
});
map.render();
