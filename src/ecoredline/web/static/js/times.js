/** The time slider: while it moves, patches and images of that run; where it stops, that run's page. */

import { scenePictures, withQuery } from "./layers.js";
import { inGrid } from "./plane.js";

/** Wire `fieldset` (hidden with fewer than two runs); `settled(run)` hears where it stopped. */
export function makeTimes(fieldset, config, layers, query, settled) {
  const times = config.times ?? [];
  const at = times.findIndex((time) => time.run === config.run);
  if (!fieldset || times.length < 2 || at < 0) return;
  const [slider, said] = [fieldset.querySelector("input"), fieldset.querySelector("output")];
  fieldset.hidden = false;
  slider.max = times.length - 1;
  slider.value = at;
  const say = () => {
    const time = times[slider.value];
    said.value = `${time.date}　${time.name}`;
    slider.setAttribute("aria-valuetext", said.value);
  };
  slider.addEventListener("input", () => {
    const time = times[slider.value];
    say();
    layers.patches?.getSource().setUrl(inGrid(withQuery(time.patches, query)));
    for (const side of ["before", "after"]) {
      if (layers[side] && time[side]) {
        layers[side].setExtent(undefined);
        layers[side].setSource(scenePictures(time[side]));
      }
    }
  });
  slider.addEventListener("change", () => {
    if (Number(slider.value) !== at) settled(times[slider.value].run);
  });
  say();
}
