/** The one-map page: filter, table and map on one selection, kept in the address. */

import * as filter from "./filter.js";
import { clipRight, featureAt, fetchPatch, groundLayers, highlightPatch, makeLayers, makeMap, margins, readConfig, withQuery } from "./layers.js";
import { makeMeasure } from "./measure.js";
import { readPlace } from "./coordinates.js";
import { announce } from "./page.js";
import { fromLonLat, inGrid, toLonLat, usePlane } from "./plane.js";
import { makeTimes } from "./times.js";
import { under } from "./under.js";
import { address, filtersOf, readHash, selectionOf, writeHash } from "./place.js";
import { makePopup } from "./popup.js";
import * as rows from "./rows.js";
import { makeSwipe } from "./swipe.js";

const CLOSE_ZOOM = 16.5; // how near a chosen patch is brought
const TOUCH_PIXELS = 6;
const SHEET_LINES = 36; // of a printed legend beside the map
const CARD_PIXELS = 110; // room for the card above the patch

const narrow = matchMedia("(max-width: 900px)").matches;
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
const config = readConfig();
const words = document.getElementById("map").dataset;

// On a small desk the legend would hide the map: it starts folded.
const box = document.getElementById("map-box");
if (!narrow && box.clientWidth < 640) document.querySelector("#layers details").open = false;

let selection = filter.answered();
let place = readHash();
usePlane(place.plane);

const layers = makeLayers(config, filtersOf(selection));
const map = makeMap(config, layers);
const grounds = groundLayers(config);
for (const ground of grounds) map.addLayer(ground);

/** How many lines the printed legend takes: the layers that are on, each name as two. */
function legendLines() {
  const on = [...document.querySelectorAll("#layers input[type=checkbox]:checked")].map((input) => input.closest("label"));
  for (const details of document.querySelectorAll("#layers details")) details.open = true; // folded groups would be left out
  return on.reduce((lines, label) => lines + 2 + (label.nextElementSibling?.matches(".legend") ? label.nextElementSibling.children.length : 0), 0);
}

// ---- the address
function layersOn() {
  return [...document.querySelectorAll("input[name=layer]:checked")].map((input) => input.value);
}

function hashNow() {
  const view = map.getView();
  const [lon, lat] = toLonLat(view.getCenter());
  place = { ...place, view: [view.getZoom(), lon, lat], layers: layersOn(), imagery: imageryNow(), share: 100 * swipe.share(), ground: groundNow() };
  return writeHash(place);
}

/** Rewrite the address; a new selection or patch is a step that "back" undoes, a moved view is not. */
function note(step = false) {
  const target = address(config.run, selection, hashNow());
  if (step) history.pushState(null, "", target);
  else history.replaceState(null, "", target);
}

// ---- imagery and swipe
const swipe = makeSwipe(document.getElementById("swipe"), box, () => map.render(), () => note());
const imageryNow = () => document.querySelector("input[name=imagery]:checked")?.value ?? "none";

function showImagery() {
  const mode = imageryNow();
  layers.before?.setVisible(mode === "before" || mode === "swipe");
  layers.after?.setVisible(mode === "after" || mode === "swipe");
  swipe.show(mode === "swipe");
  document.body.classList.toggle("with-imagery", mode !== "none");
}

const groundNow = () => document.querySelector("input[name=ground]:checked")?.value ?? "plain";

function showGround() {
  const name = groundNow();
  for (const ground of grounds) ground.setVisible(ground.get("name") === name);
  document.getElementById("ground-said").textContent = config.grounds?.find((ground) => ground.name === name)?.said ?? "";
}

if (layers.after) clipRight(map, layers.after, () => (imageryNow() === "swipe" ? swipe.share() : 0));
for (const side of ["before", "after"]) {
  const scene = config.scenes?.[side];
  const word = side === "before" ? words.wordBefore : words.wordAfter;
  if (scene) document.getElementById(`swipe-${side}`).textContent = `${word} ${scene.date ?? ""}`;
}

// ---- layers
function applyPlace() {
  for (const input of document.querySelectorAll("input[name=layer]")) {
    if (place.layers) input.checked = place.layers.includes(input.value);
    layers[input.value]?.setVisible(input.checked);
    if (input.value === "divisions") layers.names?.setVisible(input.checked);
  }
  // Pictures are heavy: on a phone they come when they are asked for.
  const mode = place.imagery ?? (narrow || navigator.connection?.saveData ? "none" : "swipe");
  const radio = document.querySelector(`input[name=imagery][value=${CSS.escape(mode)}]`) ?? document.querySelector("input[name=imagery]");
  if (radio) radio.checked = true;
  if (place.share !== undefined) swipe.set(place.share);
  const ground = document.querySelector(`input[name=ground][value=${CSS.escape(place.ground ?? "plain")}]`);
  if (ground) ground.checked = true;
  showGround();
  showImagery();
  if (place.view) {
    map.getView().setZoom(place.view[0]);
    map.getView().setCenter(fromLonLat(place.view.slice(1)));
  }
}

document.getElementById("layers").addEventListener("change", (event) => {
  if (["measure", "time", "goto"].includes(event.target.name)) return;
  if (event.target.name === "plane") {
    place.plane = event.target.value;
    note();
    location.reload(); // every layer is cut anew
    return;
  }
  if (event.target.name === "imagery") showImagery();
  else if (event.target.name === "ground") showGround();
  else {
    layers[event.target.value]?.setVisible(event.target.checked);
    if (event.target.value === "divisions") layers.names?.setVisible(event.target.checked);
  }
  note();
});

// ---- the chosen patch
const popup = makePopup(map, config, words, () => {
  place.patch = undefined;
  layers.highlight.getSource().clear();
  rows.light(null);
  note(true);
});

function forget() {
  place.patch = undefined;
  layers.highlight.getSource().clear();
  popup.hide();
  rows.light(null);
}

/** Choose a patch: outline on the map, card, lit row. `fly` brings it near, `step` makes it undoable. */
async function choose(pk, { fly = true, step = true, coordinate } = {}) {
  place.patch = String(pk);
  let json;
  try {
    json = await fetchPatch(config, pk);
  } catch {
    announce(words.wordLost);
    return;
  }
  if (place.patch !== String(pk)) return; // another was chosen meanwhile
  const feature = highlightPatch(layers, json);
  if (fly) bring(feature);
  popup.show(coordinate ?? top(feature), json.properties, patchAddress(pk), !fly);
  if (step) note(true);
  const here = rows.light(pk, !narrow || Boolean(coordinate));
  if (!here && (await filter.pinRow(config.table, selection, String(pk), json.properties.patch_id))) rows.light(place.patch, false);
  if (narrow && fly) box.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
  map.once("rendercomplete", () => {
    document.body.dataset.chosen = place.patch ?? "";
  });
  map.render();
}

/** Where the card hangs without covering the patch: over the middle of its upper edge. */
function top(feature) {
  const [west, , east, north] = feature.getGeometry().getExtent();
  return [(west + east) / 2, north];
}

function bring(feature) {
  const view = map.getView();
  view.fit(feature.getGeometry().getExtent(), {
    maxZoom: Math.max(CLOSE_ZOOM, Math.min(view.getZoom(), 18)),
    padding: margins(60).map((pixels, side) => (side ? pixels : pixels + CARD_PIXELS)),
    duration: calm ? 0 : 350,
    callback: () => note(),
  });
}

function patchAddress(pk) {
  const query = new URLSearchParams({ run: config.run, ...Object.fromEntries(selection) });
  query.delete("page");
  return `${config.patch.replace("/0/", `/${pk}/`)}?${query}`;
}

/** What other layers have under the pointer: name, state, link. */
function othersAt(pixel) {
  const found = new Map();
  for (const more of config.more ?? []) {
    const feature = layers[more.name]?.getVisible() && featureAt(map, layers[more.name], pixel, TOUCH_PIXELS);
    if (!feature) continue;
    const id = feature.getId() ?? feature.get("id");
    const state = more.states[feature.get("state")] ?? feature.get("state");
    found.set(`${more.name} ${id}`, { text: `${more.label} ${feature.get(more.title)} · ${state}`, href: more.page.replace("/0/", `/${id}/`) });
  }
  return [...found.values()];
}

let measuring = false;
makeMeasure(map, document.getElementById("measure"), (on) => {
  measuring = on;
});
document.getElementById("print-map").addEventListener("click", () => print());
// A legend longer than the sheet is printed on a second one.
addEventListener("beforeprint", () => document.body.classList.toggle("long-legend", legendLines() > SHEET_LINES));
// The page is printed at another size than it is shown: the map follows.
matchMedia("print").addEventListener("change", () => {
  map.updateSize();
  map.renderSync();
});

map.on("singleclick", async (event) => {
  if (measuring) return;
  const others = [...othersAt(event.pixel), ...under(map, layers, config, words, event.pixel)];
  const hit = layers.patches && featureAt(map, layers.patches, event.pixel, TOUCH_PIXELS);
  if (hit?.get("n") > 1) {
    announce(words.wordMany.replace("#", hit.get("n")));
    map.getView().animate({ center: event.coordinate, zoom: map.getView().getZoom() + 2, duration: calm ? 0 : 300 });
  } else if (hit) {
    await choose(hit.getId() ?? hit.get("id"), { fly: false, coordinate: event.coordinate });
    popup.add(others);
  } else if (others.length) {
    forget();
    popup.list(event.coordinate, others);
  } else if (place.patch) {
    forget();
    note(true);
  } else popup.hide();
});
map.on("pointermove", (event) => {
  const over = !event.dragging && map.hasFeatureAtPixel(event.pixel, { layerFilter: (layer) => layer === layers.patches, hitTolerance: 2 });
  box.classList.toggle("over-patch", over);
});
map.on("moveend", () => note());

// ---- the selection
async function select(next, step = true) {
  const changed = filtersOf(next) !== filtersOf(selection);
  selection = next;
  filter.fillForm(selection);
  if (changed) {
    forget();
    layers.patches?.getSource().setUrl(inGrid(withQuery(config.layers.patches, filtersOf(selection))));
  }
  if (step) note(true);
  await filter.loadTable(config.table, selection, words);
  if (place.patch) rows.light(place.patch, false);
  map.once("rendercomplete", () => {
    document.body.dataset.selection = selection.toString() || "all";
  });
  map.render();
}

filter.listen(() => selection, (next) => next.toString() !== selection.toString() && select(next), words);
rows.listen((pk) => choose(pk));
addEventListener("popstate", async () => {
  const next = selectionOf(new URLSearchParams(location.search));
  const wanted = readHash();
  if (next.toString() !== selection.toString()) await select(next, false);
  place = wanted;
  applyPlace();
  if (wanted.patch) choose(wanted.patch, { fly: false, step: false });
  else forget();
});
document.getElementById("copy-link").addEventListener("click", async () => {
  note();
  await navigator.clipboard?.writeText(location.href);
  announce(words.wordCopied);
  document.getElementById("copy-link").textContent = words.wordCopied;
});

makeTimes(document.getElementById("times"), config, layers, filtersOf(selection), (run) => {
  location.assign(address(run, selection, hashNow()));
});
document.querySelector(`input[name=plane][value="${place.plane === "4490" ? "4490" : "3857"}"]`).checked = true;
document.getElementById("goto").addEventListener("change", (event) => {
  const found = readPlace(event.target.value);
  event.target.setCustomValidity(found ? "" : words.wordPlace);
  event.target.reportValidity();
  if (found) map.getView().animate({ center: fromLonLat(found), zoom: Math.max(15, map.getView().getZoom()), duration: calm ? 0 : 300 });
});

filter.fillForm(selection);
applyPlace();
if (place.patch) choose(place.patch, { fly: !place.view, step: false });
new ResizeObserver(() => map.updateSize()).observe(box);
