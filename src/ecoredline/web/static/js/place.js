/**
 * The state of the one-map page in its address: filters, sorting and page in the query (the server
 * reads them), view, layers, swipe and the chosen patch behind the `#` (only the page reads them).
 * `#v=12.50,101.71820,26.58234&l=patches,redline&i=swipe&s=50&p=12`
 */

const SELECTION = ["county", "activity", "problem", "channel", "zone", "approval", "min_area", "q", "sort", "page"];

/** The query of the selection without the empty ones, in one order (so that equal selections are equal text). */
export function selectionOf(params) {
  const kept = new URLSearchParams();
  for (const key of SELECTION) {
    const value = params.get(key)?.trim();
    if (value && !(key === "page" && value === "1")) kept.set(key, value);
  }
  return kept;
}

/** The part of a selection the map needs: filters, neither order nor page. */
export function filtersOf(selection) {
  const kept = new URLSearchParams(selection);
  kept.delete("sort");
  kept.delete("page");
  return kept.toString();
}

/** What stands behind the `#`: view [zoom, lon, lat], layers, imagery, swipe share, patch; undefined when absent. */
export function readHash(hash = location.hash) {
  const params = new URLSearchParams(hash.slice(1));
  const view = params.get("v")?.split(",").map(Number);
  const share = Number(params.get("s"));
  return {
    view: view?.length === 3 && view.every(Number.isFinite) ? view : undefined,
    layers: params.has("l") ? params.get("l").split(",") : undefined,
    imagery: params.get("i") ?? undefined,
    share: params.has("s") && Number.isFinite(share) ? share : undefined,
    patch: params.get("p") ?? undefined,
    ground: params.get("g") ?? undefined,
    plane: params.get("c") ?? undefined,
  };
}

export function writeHash({ view, layers, imagery, share, patch, ground, plane }) {
  const parts = [];
  if (view) parts.push(`v=${view[0].toFixed(2)},${view[1].toFixed(5)},${view[2].toFixed(5)}`);
  if (layers) parts.push(`l=${layers.join(",")}`);
  if (imagery) parts.push(`i=${imagery}`);
  if (share !== undefined) parts.push(`s=${Math.round(share)}`);
  if (patch) parts.push(`p=${patch}`);
  if (ground && ground !== "plain") parts.push(`g=${ground}`);
  if (plane === "4490") parts.push("c=4490");
  return `#${parts.join("&")}`;
}

/** The address of a state; `run` stays in front. */
export function address(run, selection, hash) {
  const params = new URLSearchParams(run ? { run } : {});
  for (const [key, value] of selection) params.set(key, value);
  const query = params.toString();
  return `${location.pathname}${query ? `?${query}` : ""}${hash}`;
}
