/** The clue page: small map with the outline over the redline, an image under it on demand. */

import { sexagesimal } from "./coordinates.js";
import { highlightPatch, makeLayers, makeMap, pickBase, readConfig } from "./layers.js";

const MARGIN_PIXELS = 60;
const DOT = () =>
  new ol.style.Style({
    image: new ol.style.Circle({
      radius: 8,
      stroke: new ol.style.Stroke({ color: "#d4001a", width: 3 }),
      fill: new ol.style.Fill({ color: "rgba(255,255,255,0.7)" }),
    }),
  });

async function showMap() {
  const config = readConfig();
  const layers = makeLayers(config, "");
  const map = makeMap(config, layers);
  const answer = await fetch(config.clue_geojson, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${answer.status}`);
  const json = await answer.json();
  if (json.geometry) {
    const feature = highlightPatch(layers, json);
    if (json.geometry.type === "Point") feature.setStyle(DOT());
    map.getView().fit(feature.getGeometry().getExtent(), { padding: Array(4).fill(MARGIN_PIXELS), maxZoom: 16 });
  }
  pickBase(layers);
  map.once("rendercomplete", () => {
    document.body.dataset.ready = "clue";
  });
  map.render();
}

const place = document.getElementById("coordinates")?.dataset;
if (place) {
  document.getElementById("dms").textContent = sexagesimal(Number(place.lon), Number(place.lat));
  showMap();
}
