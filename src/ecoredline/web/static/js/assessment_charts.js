/** Charts of assessments and counties; every number stands in a table beside them. */

const sheet = getComputedStyle(document.documentElement);
const INK = "#1b231f";
const LINE = "#d5dcd7";
const MOST_LINES = 8;
const MOST_BARS = 40;
const COLOURS = ["#0e4d35", "#b5651d", "#5b7fa8", "#a51d1d", "#d99a12", "#6b4fa3", "#3e8e5f", "#51585a"];
const FONT = sheet.fontFamily;
const stepColour = (step) => sheet.getPropertyValue(`--step-${step}`).trim();

export function draw(place, option) {
  if (!place || !window.echarts) return;
  const chart = echarts.init(place, null, { renderer: "svg" });
  chart.setOption({ animation: false, color: COLOURS, textStyle: { fontFamily: FONT, color: INK }, tooltip: { renderMode: "richText" }, ...option });
  new ResizeObserver(() => chart.resize()).observe(place);
}

const stepOf = (steps, total) => steps.find((step) => total >= step.low && (total < step.high || total === 100))?.step ?? "none";

function showCharts(profile) {
  const places = profile.places.slice(0, MOST_LINES);
  draw(document.getElementById("radar-chart"), {
    legend: { bottom: 0, type: "scroll", textStyle: { color: INK } },
    radar: { indicator: profile.blocks.map((name) => ({ name, max: 100 })), center: ["50%", "46%"], radius: "62%", axisName: { color: INK } },
    series: [{ type: "radar", data: places.map((row) => ({ name: row.name, value: row.scores.map((score) => score ?? 0) })), symbolSize: 5, areaStyle: { opacity: 0.06 } }],
  });
  const known = profile.places.filter((row) => row.total !== null).slice(0, MOST_BARS);
  draw(document.getElementById("bar-chart"), {
    grid: { left: 8, right: 44, top: 8, bottom: 8, containLabel: true },
    xAxis: { type: "value", max: 100, axisLabel: { color: INK }, splitLine: { lineStyle: { color: LINE } } },
    yAxis: { type: "category", inverse: true, data: known.map((row) => row.name), axisLabel: { color: INK } },
    series: [{ type: "bar", barMaxWidth: 26, label: { show: true, position: "right", color: INK, formatter: ({ value }) => value.toFixed(1) },
      data: known.map((row) => ({ value: row.total, itemStyle: { color: stepColour(stepOf(profile.steps, row.total)) } })) }],
  });
}

const profile = document.getElementById("profile-data");
if (profile) {
  showCharts(JSON.parse(profile.textContent));
  if (!document.getElementById("map-config")) document.body.dataset.ready = "charts";
}
