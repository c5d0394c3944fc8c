/** Drawing a patch's outline anew: its corners dragged, a part added, the whole drawn again. */

const SHOWN = "EPSG:3857";
const KEPT = "EPSG:4326"; // lon, lat
const DECIMALS = 8; // about a millimetre

const format = () => new ol.format.GeoJSON({ featureProjection: SHOWN, dataProjection: KEPT });
const style = () => new ol.style.Style({
  stroke: new ol.style.Stroke({ color: "#00a0e0", width: 2.5 }),
  fill: new ol.style.Fill({ color: "rgba(0, 160, 224, 0.12)" }),
});

/** Make the editor of the page's map; `shown` is { map, layers, json } of the patch. Returns { stop }. */
export function makeEditor({ map, layers, json }) {
  const start = document.getElementById("refine-start");
  if (!start) return null;
  const tools = document.getElementById("refine-tools");
  const source = new ol.source.Vector();
  const layer = new ol.layer.Vector({ source, style: style(), zIndex: 20, visible: false });
  const modify = new ol.interaction.Modify({ source });
  let draw = null;
  map.addLayer(layer);

  const put = (geometry) => {
    source.clear();
    if (!geometry) return;
    for (const part of format().readGeometry(geometry, { dataProjection: KEPT, featureProjection: SHOWN }).getPolygons?.() ?? []) {
      source.addFeature(new ol.Feature(part));
    }
  };

  const endDrawing = () => {
    if (draw) map.removeInteraction(draw);
    draw = null;
  };

  function drawing(anew) {
    endDrawing();
    if (anew) source.clear();
    draw = new ol.interaction.Draw({ source, type: "Polygon" });
    draw.on("drawend", () => setTimeout(endDrawing));
    map.addInteraction(draw);
  }

  function begin() {
    document.querySelector('.base-pick [value="after"]:not(:disabled)')?.click(); // what is drawn is seen under the line
    tools.hidden = false;
    layer.setVisible(true);
    layers.highlight.setVisible(false);
    document.body.classList.add("refining");
    if (source.isEmpty()) put(json.geometry);
    map.addInteraction(modify);
    document.getElementById("map").scrollIntoView({ block: "center" });
  }

  function stop() {
    endDrawing();
    map.removeInteraction(modify);
    tools.hidden = true;
    layer.setVisible(false);
    layers.highlight.setVisible(true);
    document.body.classList.remove("refining");
  }

  start.addEventListener("click", () => (tools.hidden ? begin() : stop()));
  document.getElementById("refine-draw").addEventListener("click", () => drawing(true));
  document.getElementById("refine-add").addEventListener("click", () => drawing(false));
  document.getElementById("refine-reset").addEventListener("click", () => put(json.geometry));
  document.getElementById("refine-source").addEventListener("click", () => put(json.properties.raw ?? json.properties.refined));
  document.getElementById("refine").addEventListener("submit", () => {
    const parts = source.getFeatures().map((feature) => feature.getGeometry().getCoordinates());
    const whole = new ol.geom.MultiPolygon(parts);
    document.getElementById("outline").value = format().writeGeometry(whole, { decimals: DECIMALS, dataProjection: KEPT, featureProjection: SHOWN });
  });

  const typed = document.getElementById("outline").value;
  if (typed) {
    put(JSON.parse(typed));
    begin();
  }
  return { stop };
}
