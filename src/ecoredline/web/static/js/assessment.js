/** The map of an assessment: places coloured by grade. */

import { makeLayers, makeMap, readConfig } from "./layers.js";
import { colour, seeThrough } from "./styles.js";

const INK = "#1b231f";
const MARGIN_PIXELS = 30;
const FONT = getComputedStyle(document.documentElement).fontFamily;

const styleOf = (feature) => new ol.style.Style({
  fill: new ol.style.Fill({ color: seeThrough(colour(`step-${feature.get("step") || "none"}`), 0.72) }),
  stroke: new ol.style.Stroke({ color: "#ffffff", width: 1.4 }),
  text: new ol.style.Text({ text: `${feature.get("name")}\n${feature.get("total")?.toFixed(1) ?? "—"}`, font: `600 13px ${FONT}`, fill: new ol.style.Fill({ color: INK }), stroke: new ol.style.Stroke({ color: "rgba(255,255,255,.9)", width: 3.5 }), overflow: false }),
});

async function showMap(config) {
  const layers = makeLayers(config, "");
  layers.names?.setVisible(false);
  const source = new ol.source.Vector();
  const map = makeMap(config, layers);
  map.addLayer(new ol.layer.Vector({ source, style: styleOf, declutter: true, zIndex: 5 }));
  const answer = await fetch(config.places, { headers: { Accept: "application/json" } });
  source.addFeatures(new ol.format.GeoJSON({ featureProjection: "EPSG:3857" }).readFeatures(await answer.json()));
  if (source.getFeatures().length) map.getView().fit(source.getExtent(), { padding: Array(4).fill(MARGIN_PIXELS), maxZoom: 16 });
  map.on("singleclick", (event) => {
    const hit = map.forEachFeatureAtPixel(event.pixel, (feature) => feature.get("code"));
    if (hit) location.assign(config.place.replace("CODE", encodeURIComponent(hit)));
  });
  map.once("rendercomplete", () => {
    document.body.dataset.ready = "assessment";
  });
  map.render();
}

showMap(readConfig());
