/** What every form with an outline drawn on its map shares: the field, the map, the format, the pen. */

import { makeLayers, makeMap, readConfig } from "./layers.js";

const LON_LAT_DECIMALS = 8;
const FIT = { padding: Array(4).fill(40), maxZoom: 16 };

export const written = { decimals: LON_LAT_DECIMALS };
export const format = new ol.format.GeoJSON({ featureProjection: "EPSG:3857", dataProjection: "EPSG:4326" });
export const field = document.querySelector('input[name="outline"]');
export const [start, clear, said] = ["[data-draw]", "[data-undraw]", "[data-drawn]"].map((name) => document.querySelector(name));
export const config = readConfig();
export const layers = makeLayers(config, "");
export const map = makeMap(config, layers);
export const source = layers.highlight.getSource();

export function fit(extent) {
  map.getView().fit(extent, FIT);
}

/** A pen that takes itself away after one shape; `finish` gets the feature. */
let pen = null;

export function takePen(type, finish) {
  if (pen) map.removeInteraction(pen);
  pen = new ol.interaction.Draw({ source, type });
  pen.on("drawend", ({ feature }) => setTimeout(() => {
    map.removeInteraction(pen);
    pen = null;
    finish(feature);
  }));
  map.addInteraction(pen);
  return pen;
}

/** Whatever is drawn can be mended by its vertices. */
export function letEdit(mended) {
  const editor = new ol.interaction.Modify({ source });
  editor.on("modifyend", mended);
  map.addInteraction(editor);
}
