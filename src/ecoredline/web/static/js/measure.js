/** Measuring on the one map: the number is the ellipsoid's, as everywhere on the platform. */

import { keepDrawn } from "./drawn.js";
import { lengthMetres, ringHectares } from "./geodesy.js";
import { toLonLat } from "./plane.js";

const lonLat = (places) => places.map((place) => toLonLat(place));

function words(geometry, say) {
  if (geometry.getType() === "LineString") {
    const metres = lengthMetres(lonLat(geometry.getCoordinates()));
    return metres >= 10000 ? `${(metres / 1000).toFixed(3)} ${say.wordKilometre}` : `${metres.toFixed(1)} ${say.wordMetre}`;
  }
  const ring = lonLat(geometry.getCoordinates()[0]);
  return ring.length < 4 ? "—" : `${ringHectares(ring.slice(0, -1)).toFixed(4)} ${say.wordHectare}`;
}

/** Wire the choice of `fieldset` to `map`; `busy(true)` while a line or area is being drawn. */
export function makeMeasure(map, fieldset, busy) {
  const said = fieldset.querySelector("output");
  const source = new ol.source.Vector();
  map.addLayer(new ol.layer.Vector({ source, zIndex: 20, style: new ol.style.Style({ stroke: new ol.style.Stroke({ color: "#00579c", width: 2.5, lineDash: [6, 4] }), fill: new ol.style.Fill({ color: "rgba(0,87,156,0.12)" }), image: new ol.style.Circle({ radius: 4, fill: new ol.style.Fill({ color: "#00579c" }) }) }) }));
  const uses = fieldset.querySelector("[data-uses]");
  const editor = new ol.interaction.Modify({ source });
  map.addInteraction(editor);
  let pen = null;
  const follow = (geometry) => geometry.on("change", (change) => {
    said.value = words(change.target, said.dataset);
    if (uses && !uses.hidden) keepDrawn(change.target);
  });
  const begin = () => {
    if (pen) map.removeInteraction(pen);
    pen = null;
    source.clear();
    said.value = "";
    if (uses) uses.hidden = true;
    const type = fieldset.querySelector("input:checked").value;
    busy(type !== "none");
    if (type === "none") return;
    pen = new ol.interaction.Draw({ source, type });
    pen.on("drawstart", (event) => {
      source.clear();
      if (uses) uses.hidden = true;
      follow(event.feature.getGeometry());
    });
    pen.on("drawend", (event) => {
      pen.setActive(false); // from here on its corners are dragged; the same choice again starts anew
      if (!uses || type !== "Polygon") return;
      uses.hidden = false;
      keepDrawn(event.feature.getGeometry());
    });
    map.addInteraction(pen);
  };
  fieldset.addEventListener("change", begin);
  fieldset.addEventListener("click", (event) => {
    if (event.target.name === "measure" && pen && !pen.getActive()) begin();
  });
}
