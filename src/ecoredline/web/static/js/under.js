/** What the areas under a pixel are: redline, protected areas, what could not be seen, divisions. */

const NAMES = ["redline", "protected", "unseen", "divisions"];
const LEVELS = { county: 1, township: 1 };

function said(name, feature, config) {
  const get = (key) => feature.get(key) ?? "";
  if (name === "redline") return [get("name") || get("code"), config.labels.zone[get("control_zone")] ?? get("control_zone")];
  if (name === "unseen") return [config.labels.unseen[get("reason")] ?? get("reason"), get("date")];
  if (name === "divisions") return LEVELS[get("level")] ? [get("name"), get("code")] : [];
  return [get("name"), get("level"), get("kind")];
}

/** Lines `{text}` for every visible area layer, each feature once. */
export function under(map, layers, config, words, pixel) {
  const found = new Map();
  for (const name of NAMES) {
    if (!layers[name]?.getVisible()) continue;
    map.forEachFeatureAtPixel(pixel, (feature) => {
      const parts = said(name, feature, config).filter(Boolean);
      if (parts.length) found.set(`${name} ${feature.getId() ?? feature.get("id")}`, { text: [words[`layer${name}`], ...parts].join(" · ") });
    }, { layerFilter: (layer) => layer === layers[name] });
  }
  return [...found.values()];
}
