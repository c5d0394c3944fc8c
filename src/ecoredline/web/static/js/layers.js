/** The map and its layers, made from the page's `map-config`. Used by the one-map page and the patch page. */

import { decimal, sexagesimal } from "./coordinates.js";
import { gridOptions, inGrid, planeCode, toLonLat, toMap } from "./plane.js";
import * as styles from "./styles.js";

export { toMap };

const WHOLE_COUNTRY = [73, 18, 135, 54]; // degrees; shown when nothing has been loaded
const TILE_MAX_ZOOM = 16; // vector tiles are stretched beyond
const IMAGERY_MAX_ZOOM = 18;
const VIEW_MAX_ZOOM = 20;

const STYLE = { redline: styles.redline, protected: styles.protectedArea, divisions: styles.division, patches: styles.patch, unseen: styles.unseen };
const DOT_PIXELS = 11; // a dot's radius, about
const ORDER = { ground: -1, unseen: 2, divisions: 3, redline: 4, protected: 5, graticule: 6, names: 7, patches: 8, highlight: 9 };

export const readConfig = () => JSON.parse(document.getElementById("map-config").textContent);

/** The URL of a tile layer with the filters of the selection. */
export const withQuery = (url, query) => (query ? `${url}${url.includes("?") ? "&" : "?"}${query}` : url);

function vectorLayer(name, url) {
  return new ol.layer.VectorTile({
    source: new ol.source.VectorTile({
      format: new ol.format.MVT(),
      url: inGrid(url),
      ...gridOptions(TILE_MAX_ZOOM),
      wrapX: false,
      transition: 0,
    }),
    renderMode: name === "unseen" ? "hybrid" : "vector",
    style: STYLE[name],
    zIndex: ORDER[name],
    properties: { name },
  });
}

/** A layer another part of the platform brings (`config.more`): drawn by state, points as dots. */
function stateLayer(more, zIndex) {
  const layer = vectorLayer(more.name, more.url);
  layer.setStyle(styles.byState(more.name));
  layer.setZIndex(zIndex);
  layer.setVisible(false);
  return layer;
}

const pictures = (url, maxZoom, minZoom = 0) => new ol.source.XYZ({ url, maxZoom, minZoom, projection: "EPSG:3857", wrapX: false, transition: 0 });

/** The pictures of a scene. */
export const scenePictures = (scene) => pictures(scene.url, scene.max_zoom ?? IMAGERY_MAX_ZOOM, scene.min_zoom);

/** A key of 天地图 may be bound to the address of the platform: its tiles alone hear that (and no more). */
function sayingWhence(tile, url) {
  const picture = tile.getImage();
  picture.referrerPolicy = "origin";
  picture.src = url;
}

/** What the map lies on: a group of picture layers for each ground that has any. */
export function groundLayers(config) {
  return (config.grounds ?? []).filter((ground) => ground.urls.length).map((ground) => {
    const layers = ground.urls.map((url) => {
      const source = pictures(url, ground.max_zoom);
      if (!url.startsWith("/")) source.setTileLoadFunction(sayingWhence);
      return new ol.layer.Tile({ source });
    });
    return new ol.layer.Group({ layers, visible: false, zIndex: ORDER.ground, properties: { name: ground.name } });
  });
}

function imageryLayer(scene, name) {
  return new ol.layer.Tile({
    source: scenePictures(scene),
    extent: scene.extent ? toMap(scene.extent) : undefined,
    visible: false,
    zIndex: name === "before" ? 0 : 1,
    properties: { name },
  });
}

/**
 * One name per division. Tiles cut a division in pieces, and a label drawn from tiles would stand in
 * each; so the name goes inside the widest piece that has come so far.
 */
function nameLayer(divisions) {
  const source = new ol.source.Vector();
  divisions.getSource().on("tileloadend", (event) => {
    for (const piece of event.tile.getFeatures()) {
      const level = piece.get("level");
      if (level !== "county" && level !== "city") continue;
      const [x, y, width] = insidePoint(piece);
      const known = source.getFeatureById(piece.get("code"));
      if (known && known.get("width") >= width) continue;
      if (known) source.removeFeature(known);
      const name = new ol.Feature({ geometry: new ol.geom.Point([x, y]), name: piece.get("name"), level, width });
      name.setId(piece.get("code"));
      source.addFeature(name);
    }
  });
  return new ol.layer.Vector({ source, style: styles.divisionName, zIndex: ORDER.names, declutter: true, properties: { name: "names" } });
}

/** A point inside a piece, and how wide the piece is there: [x, y, width]. */
function insidePoint(piece) {
  if (piece.getType() === "Polygon") return piece.getFlatInteriorPoint();
  const flat = piece.getFlatInteriorPoints();
  const points = Array.from({ length: flat.length / 3 }, (_, at) => flat.slice(3 * at, 3 * at + 3));
  return points.reduce((widest, point) => (point[2] > widest[2] ? point : widest));
}

function graticule() {
  return new ol.layer.Graticule({
    strokeStyle: new ol.style.Stroke({ color: "rgba(40,60,50,0.28)", width: 0.8, lineDash: [3, 4] }),
    showLabels: true,
    latLabelPosition: 0.01,
    latLabelStyle: new ol.style.Text({ font: "12px Calibri, sans-serif", textAlign: "start", fill: new ol.style.Fill({ color: "#000" }), stroke: new ol.style.Stroke({ color: "#fff", width: 3 }) }),
    wrapX: false,
    visible: false,
    zIndex: ORDER.graticule,
    properties: { name: "graticule" },
  });
}

/** Every layer the config names, by name; `query` narrows the patches. */
export function makeLayers(config, query) {
  const layers = { graticule: graticule() };
  for (const name of Object.keys(STYLE)) {
    const url = config.layers?.[name];
    if (url) layers[name] = vectorLayer(name, name === "patches" ? withQuery(url, query) : url);
  }
  for (const name of ["before", "after"]) {
    if (config.scenes?.[name]) layers[name] = imageryLayer(config.scenes[name], name);
  }
  (config.more ?? []).forEach((more, at) => {
    layers[more.name] = stateLayer(more, ORDER.patches + 0.1 * (at + 1));
  });
  if (layers.divisions) layers.names = nameLayer(layers.divisions);
  layers.highlight = new ol.layer.Vector({ source: new ol.source.Vector(), style: styles.highlight, zIndex: ORDER.highlight, properties: { name: "highlight" } });
  if (layers.unseen) layers.unseen.setVisible(false);
  return layers;
}

function showPosition(map, place) {
  const say = (coordinate) => {
    const [lon, lat] = toLonLat(coordinate);
    place.textContent = `CGCS2000  ${decimal(lon, lat)}  ${sexagesimal(lon, lat)}`;
  };
  map.on("pointermove", (event) => say(event.coordinate));
  map.on("moveend", () => say(map.getView().getCenter()));
}

/** Free space to leave at each side (top, right, bottom, left), pixels: the legend lies over the map. */
export function margins(least) {
  const legend = document.getElementById("layers");
  const covers = legend && getComputedStyle(legend).position === "absolute" && legend.querySelector("details").open;
  return [least, covers ? legend.offsetWidth + least : least, least, least];
}

/** Build the map in #map; says `data-ready` on the body when the first picture is complete. */
export function makeMap(config, layers) {
  const element = document.getElementById("map");
  const words = element.dataset;
  const map = new ol.Map({
    target: element,
    layers: Object.values(layers),
    controls: ol.control.defaults.defaults({
      attribution: false,
      rotate: false,
      zoomOptions: { zoomInTipLabel: words.wordZoomIn, zoomOutTipLabel: words.wordZoomOut },
    }).extend([new ol.control.ScaleLine({ target: "scale-line", minWidth: 70 })]),
    interactions: ol.interaction.defaults.defaults({ altShiftDragRotate: false, pinchRotate: false }),
    view: new ol.View({ projection: planeCode(), maxZoom: VIEW_MAX_ZOOM, minZoom: 3, enableRotation: false }),
  });
  map.getView().fit(toMap(config.extent ?? WHOLE_COUNTRY), { padding: margins(24), maxZoom: 17 });
  showPosition(map, document.getElementById("position"));
  map.once("rendercomplete", () => {
    document.body.dataset.ready = "map";
  });
  return map;
}

/** Show only the part of `layer` that lies right of `share()` of the map's width. */
export function clipRight(map, layer, share) {
  layer.on("prerender", (event) => {
    const pen = event.context;
    const [width, height] = map.getSize();
    const corner = (x, y) => ol.render.getRenderPixel(event, [x, y]);
    const x = width * share();
    pen.save();
    pen.beginPath();
    [corner(x, 0), corner(width, 0), corner(width, height), corner(x, height)].forEach(([px, py], at) => (at ? pen.lineTo(px, py) : pen.moveTo(px, py)));
    pen.closePath();
    pen.clip();
  });
  layer.on("postrender", (event) => event.context.restore());
}

/** Fetch one patch as GeoJSON; throws when it cannot be had. */
export async function fetchPatch(config, pk) {
  const answer = await fetch(config.patch_geojson.replace("/0.", `/${pk}.`), { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
}

/** Draw one patch above everything; returns its OpenLayers feature. */
export function highlightPatch(layers, json) {
  const feature = new ol.format.GeoJSON({ featureProjection: planeCode() }).readFeature(json);
  const source = layers.highlight.getSource();
  source.clear();
  source.addFeature(feature);
  return feature;
}

/** The page's choice of image under the map (`.base-pick`): none, before, after. */
export function pickBase(layers) {
  const pick = document.querySelector(".base-pick");
  for (const name of ["before", "after"]) {
    if (!layers[name]) pick?.querySelector(`[value="${name}"]`)?.setAttribute("disabled", "");
  }
  pick?.addEventListener("change", (event) => {
    for (const name of ["before", "after"]) layers[name]?.setVisible(event.target.value === name);
  });
}

/** The feature of a tile layer under a pixel: what is drawn there, or the dot that is nearest.
 *
 * OpenLayers 10.11 finds no images or texts of tiles that are not decluttered, so dots are sought by their place. */
export function featureAt(map, layer, pixel, tolerance) {
  const drawn = map.forEachFeatureAtPixel(pixel, (feature) => feature, { layerFilter: (one) => one === layer, hitTolerance: tolerance });
  if (drawn || !layer.getVisible()) return drawn;
  const at = map.getCoordinateFromPixel(pixel);
  const reach = (DOT_PIXELS + tolerance) * map.getView().getResolution();
  const away = (feature) => Math.hypot(...ol.extent.getCenter(feature.getExtent()).map((v, axis) => v - at[axis]));
  const near = layer.getFeaturesInExtent(ol.extent.buffer([...at, ...at], reach)).filter((feature) => away(feature) < reach);
  return near.sort((one, other) => away(one) - away(other))[0];
}
