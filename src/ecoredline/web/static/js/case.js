/** The case page: its outline on a small map with before and after, and the index over time. */

import { clipRight, makeLayers, makeMap, readConfig } from "./layers.js";
import { makeSwipe } from "./swipe.js";

const MARGIN_PIXELS = 60;
const LINES = { inside: "#0e6b3f", ring: "#8a9a91", before: "#2f6fb3", at_closing: "#b36b00" };

function showImagery(map, layers, swipe, mode) {
  layers.before?.setVisible(mode === "before" || mode === "swipe");
  layers.after?.setVisible(mode === "after" || mode === "swipe");
  swipe.show(mode === "swipe");
  map.render();
}

async function showMap() {
  const config = readConfig();
  const layers = makeLayers(config, "");
  const map = makeMap(config, layers);
  const box = document.getElementById("map-box");
  const swipe = makeSwipe(document.getElementById("swipe"), box, () => map.render());
  const choice = document.getElementById("imagery");
  const mode = () => choice?.querySelector("input:checked")?.value ?? "none";
  if (layers.after) clipRight(map, layers.after, () => (mode() === "swipe" ? swipe.share() : 0));
  choice?.addEventListener("change", () => showImagery(map, layers, swipe, mode()));
  showImagery(map, layers, swipe, mode());
  if (config.outline) {
    const answer = await fetch(config.outline, { headers: { Accept: "application/json" } });
    const feature = new ol.format.GeoJSON({ featureProjection: "EPSG:3857" }).readFeature(await answer.json());
    layers.highlight.getSource().addFeature(feature);
    map.getView().fit(feature.getGeometry().getExtent(), { padding: Array(4).fill(MARGIN_PIXELS), maxZoom: 16 });
  }
  map.once("rendercomplete", () => {
    document.body.dataset.ready = "case";
  });
  map.render();
}

/** A level line over the chart's whole width. */
function level(name, value, color) {
  return { yAxis: value, name, lineStyle: { color, type: "dashed" }, label: { formatter: `${name} ${value.toFixed(2)}`, position: "insideEndTop", color } };
}

/** Highest and lowest of all that is drawn, with some air. */
function range(data) {
  const values = [...data.inside, ...data.ring].map(([, value]) => value).concat(data.before, data.at_closing).filter((value) => value !== null);
  const air = 0.05;
  return { min: Math.floor((Math.min(...values) - air) * 10) / 10, max: Math.ceil((Math.max(...values) + air) * 10) / 10 };
}

function showChart() {
  const place = document.getElementById("index-chart");
  if (!place) return;
  const data = JSON.parse(document.getElementById("chart-data").textContent);
  const { words } = data;
  const levels = ["before", "at_closing"].filter((key) => data[key] !== null).map((key) => level(words[key], data[key], LINES[key]));
  const closed = data.closed_on ? [{ xAxis: data.closed_on, label: { formatter: words.closed, position: "start" }, lineStyle: { color: "#555" } }] : [];
  const chart = echarts.init(place, null, { renderer: "svg" });
  chart.setOption({
    animation: false,
    grid: { left: 44, right: 22, top: 44, bottom: 36 },
    legend: { top: 0, data: [words.inside, words.ring] },
    tooltip: { trigger: "axis", valueFormatter: (value) => value?.toFixed(3) ?? "—" },
    xAxis: { type: "time", splitNumber: 4, axisLabel: { formatter: "{yyyy}-{MM}", hideOverlap: true } },
    yAxis: { type: "value", name: words.index, ...range(data) },
    series: [
      { name: words.inside, type: "line", data: data.inside, color: LINES.inside, symbolSize: 8, markLine: { symbol: "none", data: [...levels, ...closed] } },
      { name: words.ring, type: "line", data: data.ring, color: LINES.ring, symbolSize: 7 },
    ],
  });
  addEventListener("resize", () => chart.resize());
}

showMap();
showChart();
