/** The public's map: picture tiles of an edition and the counties' names, nothing else. */

const config = JSON.parse(document.getElementById("public-map-config").textContent);
const element = document.getElementById("public-map");
const words = element.dataset;

const named = (place) => {
  const feature = new ol.Feature({ geometry: new ol.geom.Point(ol.proj.fromLonLat(place.at)) });
  const text = new ol.style.Text({ text: place.name, font: "600 13px 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif", fill: new ol.style.Fill({ color: "#1c2b24" }), stroke: new ol.style.Stroke({ color: "#fffffff0", width: 3.5 }) });
  feature.setStyle(new ol.style.Style({ text }));
  return feature;
};

const map = new ol.Map({
  target: element,
  layers: [
    new ol.layer.Tile({ source: new ol.source.XYZ({ url: config.tiles, maxZoom: config.deepest, wrapX: false, transition: 0, interpolate: false }) }),
    new ol.layer.Vector({ source: new ol.source.Vector({ features: config.names.map(named) }), declutter: true }),
  ],
  controls: ol.control.defaults.defaults({ attribution: false, rotate: false, zoomOptions: { zoomInTipLabel: words.wordIn, zoomOutTipLabel: words.wordOut } }).extend([new ol.control.ScaleLine()]),
  interactions: ol.interaction.defaults.defaults({ altShiftDragRotate: false, pinchRotate: false, onFocusOnly: matchMedia("(max-width: 900px)").matches }),
  view: new ol.View({ maxZoom: config.deepest, minZoom: 3, enableRotation: false }),
});
map.getView().fit(ol.proj.transformExtent(config.extent ?? [73, 18, 135, 54], "EPSG:4326", "EPSG:3857"), { padding: [20, 20, 20, 20] });
map.once("rendercomplete", () => {
  document.body.dataset.ready = "public";
});
