/** The board's charts; every number stands in a table beside them. */

const INK = "#1b231f";
const LINE = "#d5dcd7";
const GREEN = "#0e4d35";
const COLOURS = ["#8a9a91", "#b5651d", "#d99a12", "#5b7fa8", "#a51d1d", "#3e8e5f", "#2b6f77", "#0e4d35", "#ad2e77"];
const FONT = getComputedStyle(document.documentElement).fontFamily;
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

const read = (id) => {
  const element = document.getElementById(id);
  return element ? JSON.parse(element.textContent) : null;
};

function draw(id, option) {
  const place = document.getElementById(id);
  if (!place || !window.echarts) return;
  const chart = echarts.init(place, null, { renderer: "svg" });
  chart.setOption({
    animation: !calm, color: COLOURS, textStyle: { fontFamily: FONT, color: INK },
    grid: { left: 8, right: 40, top: 12, bottom: 8, containLabel: true }, tooltip: { trigger: "axis", renderMode: "richText" }, ...option,
  });
  new ResizeObserver(() => chart.resize()).observe(place);
}

const axis = { axisLine: { lineStyle: { color: LINE } }, axisLabel: { color: INK }, splitLine: { lineStyle: { color: LINE } } };

const funnel = read("funnel-data");
if (funnel) {
  draw("funnel-chart", {
    xAxis: { type: "value", ...axis },
    yAxis: { type: "category", data: funnel.stages, inverse: true, ...axis },
    series: [{ type: "bar", data: funnel.totals, itemStyle: { color: GREEN }, label: { show: true, position: "right", color: INK } }],
  });
}

const stays = read("stays-data");
if (stays) {
  draw("stays-chart", {
    legend: { right: 0, top: 0, textStyle: { color: INK } },
    grid: { left: 8, right: 24, top: 34, bottom: 8, containLabel: true },
    xAxis: { type: "value", ...axis },
    yAxis: { type: "category", data: stays.labels, inverse: true, ...axis, axisLabel: { color: INK, fontSize: 10, interval: 0 } },
    series: [
      { name: stays.names[0], type: "bar", data: stays.median, itemStyle: { color: GREEN } },
      { name: stays.names[1], type: "bar", data: stays.high, itemStyle: { color: "#d99a12" }, barGap: "-100%", z: 1 },
    ].reverse(),
  });
}

const months = read("months-data");
if (months) {
  draw("months-chart", {
    legend: { type: "scroll", top: 0, textStyle: { color: INK } },
    grid: { left: 8, right: 16, top: 40, bottom: 8, containLabel: true },
    xAxis: { type: "category", data: months.months, ...axis },
    yAxis: { type: "value", ...axis },
    series: months.series.slice(1).map((row) => ({ name: row.name, type: "line", data: row.values, symbolSize: 6 })),
  });
}
document.body.dataset.ready = "board";
