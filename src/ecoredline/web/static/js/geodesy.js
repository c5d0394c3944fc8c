/** Lengths and areas on the CGCS2000 ellipsoid, as the platform's own: geodesic lengths, areas whose edges are straight in longitude and latitude. */

const A = 6378137;
const F = 1 / 298.257222101;
const B = A * (1 - F);
const E = Math.sqrt(F * (2 - F));
const M2_PER_HA = 10000;
const RAD = Math.PI / 180;
// Gauss–Legendre, five points on [0, 1]
const NODES = [0.046910077030668, 0.230765344947158, 0.5, 0.769234655052842, 0.953089922969332];
const WEIGHTS = [0.118463442528095, 0.239314335249683, 0.284444444444444, 0.239314335249683, 0.118463442528095];
const LONGEST_EDGE = 0.5 * RAD; // longer edges are cut before they are integrated

/** Metres between two [lon, lat] (Vincenty's inverse; not for points at opposite ends of the earth). */
export function metresBetween([lon1, lat1], [lon2, lat2]) {
  const L = (lon2 - lon1) * RAD;
  const [u1, u2] = [lat1, lat2].map((lat) => Math.atan((1 - F) * Math.tan(lat * RAD)));
  const [s1, c1, s2, c2] = [Math.sin(u1), Math.cos(u1), Math.sin(u2), Math.cos(u2)];
  let lambda = L;
  for (let turn = 0; turn < 100; turn += 1) {
    const sinS = Math.hypot(c2 * Math.sin(lambda), c1 * s2 - s1 * c2 * Math.cos(lambda));
    if (sinS === 0) return 0;
    const cosS = s1 * s2 + c1 * c2 * Math.cos(lambda);
    const sigma = Math.atan2(sinS, cosS);
    const sinA = (c1 * c2 * Math.sin(lambda)) / sinS;
    const cosA2 = 1 - sinA * sinA;
    const cosM = cosA2 === 0 ? 0 : cosS - (2 * s1 * s2) / cosA2;
    const C = (F / 16) * cosA2 * (4 + F * (4 - 3 * cosA2));
    const next = L + (1 - C) * F * sinA * (sigma + C * sinS * (cosM + C * cosS * (2 * cosM * cosM - 1)));
    if (Math.abs(next - lambda) < 1e-12) {
      const uu = (cosA2 * (A * A - B * B)) / (B * B);
      const KA = 1 + (uu / 16384) * (4096 + uu * (uu * (320 - 175 * uu) - 768));
      const KB = (uu / 1024) * (256 + uu * (uu * (74 - 47 * uu) - 128));
      const inner = cosS * (2 * cosM * cosM - 1) - (KB / 6) * cosM * (4 * sinS * sinS - 3) * (4 * cosM * cosM - 3);
      return B * KA * (sigma - KB * sinS * (cosM + (KB / 4) * inner));
    }
    lambda = next;
  }
  return NaN;
}

/** Metres along a line of [lon, lat]. */
export const lengthMetres = (line) => line.slice(1).reduce((sum, place, at) => sum + metresBetween(line[at], place), 0);

/** What lies between the equator and a latitude, per radian of longitude, in m². */
function strip(phi) {
  const x = E * Math.sin(phi);
  return ((B * B) / 2) * (Math.sin(phi) / (1 - x * x) + Math.atanh(x) / E);
}

function underEdge([lon1, lat1], [lon2, lat2]) {
  const [l1, p1, l2, p2] = [lon1 * RAD, lat1 * RAD, lon2 * RAD, lat2 * RAD];
  const pieces = Math.max(1, Math.ceil(Math.hypot(l2 - l1, p2 - p1) / LONGEST_EDGE));
  let sum = 0;
  for (let k = 0; k < pieces; k += 1) {
    NODES.forEach((node, at) => {
      sum += (WEIGHTS[at] * strip(p1 + ((k + node) / pieces) * (p2 - p1))) / pieces;
    });
  }
  return sum * (l2 - l1);
}

/** Hectares of a ring of [lon, lat], open or closed. */
export function ringHectares(ring) {
  const places = [...ring, ring[0]];
  const m2 = places.slice(1).reduce((sum, place, at) => sum + underEdge(places[at], place), 0);
  return Math.abs(m2) / M2_PER_HA;
}
