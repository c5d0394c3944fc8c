/** How the map's layers are drawn. Colours come from the style sheet, so legend and map agree. */

const sheet = getComputedStyle(document.documentElement);
const DOT_BELOW_PIXELS = 14; // a patch smaller than this on the screen is drawn as a numbered dot
const CITY_FROM_METRES = 250; // a pixel; from here on cities are named, not counties
const cache = new Map();

export const colour = (name) => sheet.getPropertyValue(`--${name}`).trim();

/** `#rrggbb` with an opacity. */
export function seeThrough(hex, opacity) {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  return `rgba(${r},${g},${b},${opacity})`;
}

/** A hatch for fills: diagonal lines, `crossed` both ways. */
function hatch(hex, crossed = false, size = 8) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const pen = canvas.getContext("2d");
  pen.strokeStyle = hex;
  pen.lineWidth = 1.1;
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift, size);
    pen.lineTo(shift + size, 0);
    if (crossed) {
      pen.moveTo(shift, 0);
      pen.lineTo(shift + size, size);
    }
  }
  pen.stroke();
  return pen.createPattern(canvas, "repeat");
}

function kept(key, make) {
  if (!cache.has(key)) cache.set(key, make());
  return cache.get(key);
}

const stroke = (hex, width, lineDash) => new ol.style.Stroke({ color: hex, width, lineDash });
const fill = (paint) => new ol.style.Fill({ color: paint });

const CHANNEL_LINE = {
  suspected: () => stroke(colour("suspected"), 2.4),
  protected: () => stroke(colour("protected-channel"), 2.4, [6, 4]),
  outside: () => stroke(colour("outside"), 1.8, [2, 3]),
};

export function redline(feature) {
  const zone = feature.get("control_zone") || "none";
  const strict = ["core", "core_area", "class_1"].includes(zone);
  return kept(`redline ${zone}`, () => {
    const hex = colour(`zone-${zone}`);
    return new ol.style.Style({
      fill: fill(seeThrough(hex, strict ? 0.2 : 0.1)),
      stroke: stroke(hex, strict ? 1.8 : 1.4, strict ? undefined : [8, 4]),
    });
  });
}

export const protectedArea = () =>
  kept("protected", () => new ol.style.Style({ fill: fill(hatch(seeThrough(colour("protected"), 0.55))), stroke: stroke(colour("protected"), 1.4) }));

export const unseen = () =>
  kept("unseen", () => new ol.style.Style({ fill: fill(hatch(seeThrough(colour("unseen"), 0.7), true, 7)), stroke: stroke(colour("unseen"), 0.6) }));

const DIVISION_WIDTH = { province: 2.4, city: 1.8, county: 1.1, township: 0.6 };

export function division(feature) {
  const level = feature.get("level");
  return kept(`division ${level}`, () => {
    const width = DIVISION_WIDTH[level] ?? 1;
    const dash = level === "county" || level === "township" ? [7, 3, 1.5, 3] : undefined;
    const casing = new ol.style.Style({ stroke: stroke("rgba(255,255,255,0.55)", width + 2.5) }); // seen on dark imagery
    const ground = fill("rgba(255,255,255,0.01)"); // so that a click inside is one on the division
    return [casing, new ol.style.Style({ fill: ground, stroke: stroke(colour("divisions"), width, dash) })];
  });
}

/** The name of a division, once, at its point: cities from far, counties from near. */
export function divisionName(feature, resolution) {
  if ((feature.get("level") === "city") !== resolution > CITY_FROM_METRES) return null;
  return new ol.style.Style({
    text: new ol.style.Text({
      text: feature.get("name"),
      font: `600 ${feature.get("level") === "city" ? 15 : 13}px ${sheet.getPropertyValue("--font")}`,
      fill: fill(colour("ink")),
      stroke: stroke("rgba(255,255,255,0.9)", 3.5),
    }),
  });
}

const COMPACT = (n) => (n < 1000 ? `${n}` : `${Math.round(n / 1000)}k`);
const radiusOf = (n) => Math.min(17, 8 + 1.5 * Math.log2(n));

function dot(activity, channel, n) {
  return new ol.style.Style({
    geometry: (feature) => middle(feature),
    image: new ol.style.Circle({
      radius: radiusOf(n),
      fill: fill(colour(`activity-${activity || "none"}`)),
      stroke: CHANNEL_LINE[channel]?.() ?? stroke("#fff", 1.5),
    }),
    text: new ol.style.Text({ text: n > 1 ? COMPACT(n) : activity || "?", font: `700 11px ${sheet.getPropertyValue("--font")}`, fill: fill("#fff"), offsetY: 0.5 }),
    zIndex: 10,
  });
}

function area(activity, channel) {
  const halo = new ol.style.Style({ stroke: stroke("rgba(255,255,255,0.85)", 4.5) });
  const body = new ol.style.Style({
    fill: fill(seeThrough(colour(`activity-${activity || "none"}`), 0.38)),
    stroke: CHANNEL_LINE[channel]?.(),
  });
  return [halo, body];
}

/** The middle of a feature of a tile (polygon, multipolygon or point). */
function middle(feature) {
  return new ol.geom.Point(ol.extent.getCenter(feature.getExtent()));
}

function pixelsAcross(feature, resolution) {
  const extent = feature.getExtent();
  return Math.max(ol.extent.getWidth(extent), ol.extent.getHeight(extent)) / resolution;
}

/** A patch: filled by activity, outlined by channel, a numbered dot when it is small on the screen. */
export function patch(feature, resolution) {
  const activity = String(feature.get("activity_type") ?? "");
  const channel = feature.get("channel");
  const small = pixelsAcross(feature, resolution) < DOT_BELOW_PIXELS;
  const n = feature.get("n") ?? 1; // so many in one place
  return kept(`patch ${activity} ${channel} ${small} ${n}`, () => (small ? dot(activity, channel, n) : area(activity, channel)));
}

const HIGHLIGHT = [
  new ol.style.Style({ stroke: stroke("#ffffff", 7) }),
  new ol.style.Style({ stroke: stroke("#00b7ff", 3.5) }),
];
const RING = new ol.style.Style({
  geometry: (feature) => middle(feature.getGeometry()),
  image: new ol.style.Circle({ radius: 15, stroke: stroke("#00b7ff", 3.5) }),
});

/** The chosen patch: its outline, or a ring around it when it is small on the screen. */
export function highlight(feature, resolution) {
  return pixelsAcross(feature.getGeometry(), resolution) < DOT_BELOW_PIXELS ? RING : HIGHLIGHT;
}

/** A style function for features with a `state`: a diamond or outline in the colour `--<layer>-<state>`. */
export function byState(name) {
  return (feature, resolution) => {
    const hex = colour(`${name}-${feature.get("state")}`) || "#555555";
    const small = feature.getType() === "Point" || pixelsAcross(feature, resolution) < DOT_BELOW_PIXELS;
    const n = feature.get("n") ?? 1;
    return kept(`state ${hex} ${small} ${n}`, () =>
      small
        ? new ol.style.Style({
            geometry: middle,
            image: new ol.style.RegularShape({ points: 4, radius: radiusOf(n), angle: 0, fill: fill(seeThrough(hex, 0.85)), stroke: stroke("#fff", 1.5) }),
            text: n > 1 ? new ol.style.Text({ text: COMPACT(n), font: `700 10px ${sheet.getPropertyValue("--font")}`, fill: fill("#fff") }) : undefined,
            zIndex: 12,
          })
        : [new ol.style.Style({ stroke: stroke("rgba(255,255,255,0.85)", 6) }), new ol.style.Style({ fill: fill(seeThrough(hex, 0.15)), stroke: stroke(hex, 3, [10, 3]) })],
    );
  };
}
