/** Coordinates in words: decimal degrees and degrees, minutes, seconds (CGCS2000, EPSG:4490). */

const DECIMALS = 6; // about 0.1 m
const SECOND_DECIMALS = 2; // about 0.3 m

/** 101.7182341 → 101°43′05.64″E */
export function dms(value, positive, negative) {
  const unit = 10 ** SECOND_DECIMALS;
  const total = Math.round(Math.abs(value) * 3600 * unit); // whole hundredths: never 60″
  const seconds = (total % (60 * unit)) / unit;
  const minutes = Math.floor(total / (60 * unit)) % 60;
  const degrees = Math.floor(total / (3600 * unit));
  const two = (n) => String(n).padStart(2, "0");
  const text = seconds.toFixed(SECOND_DECIMALS).padStart(SECOND_DECIMALS + 3, "0");
  return `${degrees}°${two(minutes)}′${text}″${value < 0 ? negative : positive}`;
}

const NUMBER = /[-+]?\d+(?:\.\d+)?/g;

function degrees(text) {
  const parts = (text.match(NUMBER) ?? []).map(Number);
  if (!parts.length || parts.length > 3 || parts.slice(1).some((part) => part < 0 || part >= 60)) return NaN;
  const size = Math.abs(parts[0]) + (parts[1] ?? 0) / 60 + (parts[2] ?? 0) / 3600;
  return parts[0] < 0 || /[WS西南]/i.test(text) ? -size : size;
}

/**
 * A place as people type it: longitude, then latitude, decimal or degrees, minutes, seconds; [lon, lat] or null.
 * What is marked north or south comes second, wherever it stands.
 */
export function readPlace(text) {
  const halves = text.trim().split(/[,，;；\t]+|\s+(?=[-+\dEWNSewns东西南北])/).filter(Boolean);
  const pairs = halves.length === 2 ? halves : text.trim().match(/^(.*?[EW东西经])\s*(.*[NS北南纬].*)$/i)?.slice(1) ?? [];
  if (pairs.length !== 2) return null;
  const turned = /[NS北南]/i.test(pairs[0]) && !/[EW东西]/i.test(pairs[0]);
  const [lon, lat] = (turned ? [pairs[1], pairs[0]] : pairs).map(degrees);
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 90 ? [lon, lat] : null;
}

/** Longitude into -180..180, however often the map was dragged around the world. */
export function wrapped(lon) {
  return ((((lon + 180) % 360) + 360) % 360) - 180;
}

/** Longitude and latitude in degrees, six decimals. */
export function decimal(lon, lat) {
  const [east, north] = [wrapped(lon), lat];
  return `${Math.abs(east).toFixed(DECIMALS)}°${east < 0 ? "W" : "E"} ${Math.abs(north).toFixed(DECIMALS)}°${north < 0 ? "S" : "N"}`;
}

/** Longitude and latitude in degrees, minutes, seconds. */
export function sexagesimal(lon, lat) {
  return `${dms(wrapped(lon), "E", "W")} ${dms(lat, "N", "S")}`;
}
