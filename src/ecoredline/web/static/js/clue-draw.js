/** Drawing an outline on the map of the form; it goes with the form as GeoJSON in degrees. */

import { takeDrawn } from "./drawn.js";
import { clear, field, fit, format, letEdit, said, source, start, takePen, written } from "./outline-form.js";

function show() {
  clear.hidden = said.hidden = !field.value;
}

function write(feature) {
  field.value = format.writeGeometry(feature.getGeometry(), written);
  show();
}

start.addEventListener("click", () => takePen("Polygon", write).on("drawstart", () => source.clear()));
clear.addEventListener("click", () => {
  source.clear();
  field.value = "";
  show();
});
letEdit(() => write(source.getFeatures()[0]));
const brought = field.value ? null : takeDrawn();
if (brought) write(brought);
if (field.value) {
  source.addFeature(format.readFeature(JSON.parse(field.value)));
  fit(source.getExtent());
}
show();
