/** The plane of the map: web mercator, or degrees of EPSG:4490 as they are. Chosen before layers are made. */

const MERCATOR = "EPSG:3857";
const DEGREES = "EPSG:4490";
const SQUARE = [-180, -270, 180, 90]; // the vector tiles' square of 360 degrees
const METRES_PER_DEGREE = (Math.PI * 6378137) / 180;

let plane = MERCATOR;

/** Use "4490" or "3857" (the default). */
export function usePlane(name) {
  plane = name === "4490" ? DEGREES : MERCATOR;
  if (plane === MERCATOR || ol.proj.get(DEGREES)) return;
  const own = new ol.proj.Projection({ code: DEGREES, units: "degrees", axisOrientation: "enu", extent: [-180, -90, 180, 90], worldExtent: [-180, -90, 180, 90], global: true, metersPerUnit: METRES_PER_DEGREE });
  ol.proj.addProjection(own);
  ol.proj.addCoordinateTransforms(DEGREES, "EPSG:4326", (place) => place, (place) => place);
  ol.proj.addCoordinateTransforms(DEGREES, MERCATOR, (place) => ol.proj.fromLonLat(place), (place) => ol.proj.toLonLat(place));
}

export const planeCode = () => plane;
export const inDegrees = () => plane === DEGREES;
export const toLonLat = (place) => (inDegrees() ? place : ol.proj.toLonLat(place));
export const fromLonLat = (place) => (inDegrees() ? place : ol.proj.fromLonLat(place));
export const toMap = (extent) => (inDegrees() ? extent : ol.proj.transformExtent(extent, "EPSG:4326", MERCATOR));

/** The address of a tile in the plane's grid. */
export const inGrid = (url) => (inDegrees() ? `${url}${url.includes("?") ? "&" : "?"}grid=4490` : url);

/** What a source of vector tiles needs to know of the plane. */
export function gridOptions(maxZoom) {
  if (!inDegrees()) return { maxZoom };
  return { projection: DEGREES, tileGrid: ol.tilegrid.createXYZ({ extent: SQUARE, maxZoom, tileSize: 512 }) };
}
