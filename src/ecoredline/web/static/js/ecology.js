/** One ecology layer on the map; with another year beside it, a swipe. */

import { clipRight, makeLayers, makeMap, readConfig } from "./layers.js";
import { makeSwipe } from "./swipe.js";

const config = readConfig();
const layers = makeLayers(config, "");
const map = makeMap(config, layers);
const both = Boolean(layers.before && layers.after);
const swipe = makeSwipe(document.getElementById("swipe"), document.getElementById("map-box"), () => map.render());
layers.before?.setVisible(true);
layers.after?.setVisible(true);
if (both) {
  clipRight(map, layers.after, () => swipe.share());
  document.getElementById("swipe-before").textContent = config.scenes.before.label;
  document.getElementById("swipe-after").textContent = config.scenes.after.label;
}
swipe.show(both);
map.once("rendercomplete", () => {
  document.body.dataset.ready = "ecology";
});
map.render();
