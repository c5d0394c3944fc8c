/** The steps of a delineation on the map, one at a time; the comparison in three colours. */

import { makeLayers, makeMap, readConfig } from "./layers.js";
import { colour, seeThrough } from "./styles.js";

const config = readConfig();
const layers = makeLayers(config, "");
const map = makeMap(config, layers);
const source = new ol.source.Vector();
const kept = new Map();

function styleOf(feature) {
  const hex = colour(feature.get("state") ? `state-${feature.get("state")}` : "step-5");
  return new ol.style.Style({ fill: new ol.style.Fill({ color: seeThrough(hex, 0.5) }), stroke: new ol.style.Stroke({ color: hex, width: 1.2 }) });
}

map.addLayer(new ol.layer.Vector({ source, style: styleOf, zIndex: 5 }));

async function show(step) {
  if (!kept.has(step)) {
    const answer = await fetch(config.step.replace("STEP", step), { headers: { Accept: "application/json" } });
    kept.set(step, new ol.format.GeoJSON({ featureProjection: "EPSG:3857" }).readFeatures(await answer.json()));
  }
  source.clear();
  source.addFeatures(kept.get(step));
  document.body.dataset.step = step;
}

const steps = document.getElementById("steps");
steps.addEventListener("change", (event) => show(event.target.value));
await show(steps.querySelector("input:checked").value);
map.once("rendercomplete", () => {
  document.body.dataset.ready = "drawing";
});
map.render();
