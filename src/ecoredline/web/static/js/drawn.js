/** An outline drawn on the one map, taken along to the page that asks for one. */

import { planeCode } from "./plane.js";

const KEY = "drawn-outline";
const LON_LAT_DECIMALS = 8;
const format = () => new ol.format.GeoJSON({ featureProjection: planeCode(), dataProjection: "EPSG:4326" });

export function keepDrawn(geometry) {
  sessionStorage.setItem(KEY, format().writeGeometry(geometry, { decimals: LON_LAT_DECIMALS }));
}

/** The outline brought along as a feature, once; null when none was. */
export function takeDrawn() {
  const kept = new URLSearchParams(location.search).has("drawn") ? sessionStorage.getItem(KEY) : null;
  if (!kept) return null;
  sessionStorage.removeItem(KEY);
  return new ol.Feature(format().readGeometry(JSON.parse(kept)));
}
