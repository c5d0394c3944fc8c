/** Places from a GeoJSON address: filled, named, clickable. Used by every map of assessed places. */

const INK = "#1b231f";
const MARGIN_PIXELS = 30;
const FONT = getComputedStyle(document.documentElement).fontFamily;

/** `how`: fill, words and address of a feature, each a function. Fits the view to what came. */
export async function showPlaces(map, url, how) {
  const style = (feature) => new ol.style.Style({
    fill: new ol.style.Fill({ color: how.fill(feature) }),
    stroke: new ol.style.Stroke({ color: "#ffffff", width: 1.4 }),
    text: new ol.style.Text({ text: how.words(feature), font: `600 13px ${FONT}`, fill: new ol.style.Fill({ color: INK }), stroke: new ol.style.Stroke({ color: "rgba(255,255,255,.9)", width: 3.5 }), overflow: false }),
  });
  const source = new ol.source.Vector();
  map.addLayer(new ol.layer.Vector({ source, style, declutter: true, zIndex: 5 }));
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${answer.status}`);
  source.addFeatures(new ol.format.GeoJSON({ featureProjection: "EPSG:3857" }).readFeatures(await answer.json()));
  if (source.getFeatures().length) map.getView().fit(source.getExtent(), { padding: Array(4).fill(MARGIN_PIXELS), maxZoom: 16 });
  map.on("singleclick", (event) => {
    const hit = map.forEachFeatureAtPixel(event.pixel, (feature) => (feature.get("code") ? how.address(feature) : ""));
    if (hit) location.assign(hit);
  });
}
