/** The patch page: chips side by side or under a swipe, small map, j and k to the neighbours. */

import { sexagesimal } from "./coordinates.js";
import { fetchPatch, highlightPatch, makeLayers, makeMap, pickBase, readConfig } from "./layers.js";
import { makeSwipe } from "./swipe.js";

const MARGIN_PIXELS = 70;

function showChips() {
  const chips = document.getElementById("chips");
  if (!chips) return;
  const swipe = makeSwipe(document.getElementById("chip-swipe"), chips, (share) => chips.style.setProperty("--at", `${100 * share}%`));
  document.querySelector(".chips-mode").addEventListener("change", (event) => {
    const swiping = event.target.value === "swipe";
    chips.classList.toggle("swiping", swiping);
    swipe.show(swiping);
  });
}

async function showMap() {
  const config = readConfig();
  const layers = makeLayers(config, "");
  const map = makeMap(config, layers);
  const json = await fetchPatch(config, config.patch_pk);
  const feature = highlightPatch(layers, json);
  map.getView().fit(feature.getGeometry().getExtent(), { padding: Array(4).fill(MARGIN_PIXELS), maxZoom: 16 });
  map.once("rendercomplete", () => {
    document.body.dataset.ready = "patch";
  });
  pickBase(layers);
  map.render();
  return { map, layers, json };
}

const place = document.getElementById("coordinates").dataset;
document.getElementById("dms").textContent = sexagesimal(Number(place.lon), Number(place.lat));
showChips();
/** The map, its layers and the patch's GeoJSON, once they are there. */
export const ready = showMap();

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, select, textarea")) return;
  const link = { j: "next-patch", k: "previous-patch" }[event.key];
  if (link) document.getElementById(link)?.click();
});
