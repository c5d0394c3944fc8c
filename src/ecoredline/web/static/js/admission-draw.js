/** Drawing a project on the map of the form: areas, lines and points; it goes with the form as GeoJSON in degrees. */

import { takeDrawn } from "./drawn.js";
import { clear, config, field, fit, format, layers, letEdit, map, said, source, start, takePen, written } from "./outline-form.js";

function show() {
  const drawn = source.getFeatures().length;
  field.value = drawn ? format.writeFeatures(source.getFeatures(), written) : "";
  clear.hidden = said.hidden = !drawn;
  said.textContent = said.dataset.word.replace("#", drawn);
}

/** The shape of the project whose check is asked again, behind what is drawn anew. */
function showHeld() {
  const held = new ol.source.Vector({ features: [new ol.Feature(format.readGeometry(config.shape))] });
  map.addLayer(new ol.layer.Vector({ source: held, style: layers.highlight.getStyle(), opacity: 0.6, zIndex: 8 }));
  fit(held.getExtent());
}

start.addEventListener("click", () => takePen(document.querySelector("input[name=shape]:checked").value, show));
clear.addEventListener("click", () => {
  source.clear();
  show();
});
letEdit(show);
const brought = field.value ? null : takeDrawn();
if (brought) source.addFeature(brought);
if (field.value) source.addFeatures(format.readFeatures(JSON.parse(field.value)));
if (source.getFeatures().length) fit(source.getExtent());
else if (config.shape) showHeld();
show();
