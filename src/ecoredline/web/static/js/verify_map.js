/** The small map of a clue: its outline on the newest imagery, and where photographs were taken. */

import { makeLayers, makeMap, readConfig } from "./layers.js";
import * as styles from "./styles.js";

const MARGIN_PIXELS = 46;
const POINT_ZOOM = 15;

const config = readConfig();
const layers = makeLayers({ ...config, layers: { redline: config.layers.redline } }, "");
layers.after?.setVisible(true);
const source = layers.highlight.getSource();
if (config.outline) {
  const json = { type: "Feature", geometry: JSON.parse(config.outline), properties: {} };
  source.addFeature(new ol.format.GeoJSON({ featureProjection: "EPSG:3857" }).readFeature(json));
}
const where = config.outline ? source.getExtent() : config.point && ol.proj.fromLonLat(config.point);

const dot = (fill) => new ol.style.Circle({ radius: 6, fill: new ol.style.Fill({ color: fill }), stroke: new ol.style.Stroke({ color: "#fff", width: 2 }) });
if (!config.outline && config.point) {
  const place = new ol.Feature(new ol.geom.Point(where));
  place.setStyle(new ol.style.Style({ image: dot(styles.colour("suspected")) }));
  source.addFeature(place);
}
/** A photograph's place with a short line to where the lens pointed. */
for (const [lon, lat, bearing] of config.photographs) {
  const point = new ol.Feature(new ol.geom.Point(ol.proj.fromLonLat([lon, lat])));
  const looks = [new ol.style.Style({ image: dot(styles.colour("accent")), zIndex: 20 })];
  if (bearing !== null) {
    const turn = (bearing * Math.PI) / 180;
    const arrow = new ol.style.RegularShape({ points: 3, radius: 7, fill: new ol.style.Fill({ color: styles.colour("accent") }), rotation: turn, displacement: [15 * Math.sin(turn), 15 * Math.cos(turn)] });
    looks.push(new ol.style.Style({ image: arrow, zIndex: 19 }));
  }
  point.setStyle(looks);
  source.addFeature(point);
}

const map = makeMap(config, layers);
if (config.outline) map.getView().fit(where, { padding: Array(4).fill(MARGIN_PIXELS), maxZoom: 17 });
else if (where) {
  map.getView().setCenter(where);
  map.getView().setZoom(POINT_ZOOM);
}
