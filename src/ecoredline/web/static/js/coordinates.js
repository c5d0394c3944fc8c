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
