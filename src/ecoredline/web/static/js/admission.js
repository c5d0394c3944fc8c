/** The map of an answer: the project over the layers it was held against. */

import { makeLayers, makeMap, readConfig } from "./layers.js";

const config = readConfig();
const layers = makeLayers(config, "");
const map = makeMap(config, layers);
const format = new ol.format.GeoJSON({ featureProjection: "EPSG:3857", dataProjection: "EPSG:4326" });
layers.highlight.getSource().addFeature(new ol.Feature(format.readGeometry(config.outline)));
map.getView().fit(layers.highlight.getSource().getExtent(), { padding: Array(4).fill(60), maxZoom: 17 });
