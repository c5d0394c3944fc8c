/** Drawing an outline on the map of the form; it goes with the form as GeoJSON in degrees. */

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
  const drawn = Boolean(field.value);
  clear.hidden = !drawn;
  said.hidden = !drawn;
}

function begin() {
  if (pen) map.removeInteraction(pen);
  pen = new ol.interaction.Draw({ source, type: "Polygon" });
  pen.on("drawstart", () => source.clear());
  pen.on("drawend", (event) => {
    write(event.feature.getGeometry());
    map.removeInteraction(pen);
    pen = null;
    show();
  });
  map.addInteraction(pen);
}

start.addEventListener("click", begin);
clear.addEventListener("click", () => {
  source.clear();
  field.value = "";
  show();
});
function write(geometry) {
  field.value = format.writeGeometry(geometry, { decimals: LON_LAT_DECIMALS });
}

const editor = new ol.interaction.Modify({ source });
editor.on("modifyend", () => write(source.getFeatures()[0].getGeometry()));
map.addInteraction(editor);
const brought = field.value ? null : takeDrawn();
if (brought) write(brought.getGeometry());
if (field.value) {
  source.addFeature(format.readFeature(JSON.parse(field.value)));
  map.getView().fit(source.getExtent(), { padding: Array(4).fill(40), maxZoom: 16 });
}
show();
