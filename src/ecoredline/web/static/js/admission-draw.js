/** Drawing a project on the map of the form: areas, lines and points; it goes with the form as GeoJSON in degrees. */

import { takeDrawn } from "./drawn.js";
import { makeLayers, makeMap, readConfig } from "./layers.js";

const LON_LAT_DECIMALS = 8;
const field = document.querySelector('input[name="outline"]');
const [start, clear, said] = ["[data-draw]", "[data-undraw]", "[data-drawn]"].map((name) => document.querySelector(name));
const config = readConfig();
const layers = makeLayers(config, "");
const map = makeMap(config, layers);
const source = layers.highlight.getSource();
const format = new ol.format.GeoJSON({ featureProjection: "EPSG:3857", dataProjection: "EPSG:4326" });
let pen = null;

function show() {
  const drawn = source.getFeatures().length;
  field.value = drawn ? format.writeFeatures(source.getFeatures(), { decimals: LON_LAT_DECIMALS }) : "";
  clear.hidden = said.hidden = !drawn;
  said.textContent = said.dataset.word.replace("#", drawn);
}

function putDown() {
  if (pen) map.removeInteraction(pen);
  pen = null;
}

start.addEventListener("click", () => {
  putDown();
  pen = new ol.interaction.Draw({ source, type: document.querySelector("input[name=shape]:checked").value });
  pen.on("drawend", () => setTimeout(() => (putDown(), show())));
  map.addInteraction(pen);
});
clear.addEventListener("click", () => {
  source.clear();
  if (config.shape && !field.value) {
  const held = new ol.source.Vector({ features: [new ol.Feature(format.readGeometry(config.shape))] });
  map.addLayer(new ol.layer.Vector({ source: held, style: layers.highlight.getStyle(), opacity: 0.6, zIndex: 8 }));
  map.getView().fit(held.getExtent(), { padding: Array(4).fill(40), maxZoom: 16 });
}
show();
});
const editor = new ol.interaction.Modify({ source });
editor.on("modifyend", show);
map.addInteraction(editor);
const brought = field.value ? null : takeDrawn();
if (brought) {
  source.addFeature(brought);
  map.getView().fit(source.getExtent(), { padding: Array(4).fill(40), maxZoom: 16 });
}
if (field.value) {
  source.addFeatures(format.readFeatures(JSON.parse(field.value)));
  map.getView().fit(source.getExtent(), { padding: Array(4).fill(40), maxZoom: 16 });
}
if (config.shape && !field.value) {
  const held = new ol.source.Vector({ features: [new ol.Feature(format.readGeometry(config.shape))] });
  map.addLayer(new ol.layer.Vector({ source: held, style: layers.highlight.getStyle(), opacity: 0.6, zIndex: 8 }));
  map.getView().fit(held.getExtent(), { padding: Array(4).fill(40), maxZoom: 16 });
}
show();
