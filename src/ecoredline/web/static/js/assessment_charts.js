/** Charts of assessments and counties; every number stands in a table beside them. */

const sheet = getComputedStyle(document.documentElement);
const INK = "#1b231f";
const LINE = "#d5dcd7";
const MOST_LINES = 8;
const MOST_BARS = 40;
const COLOURS = ["#0e4d35", "#b5651d", "#5b7fa8", "#a51d1d", "#d99a12", "#6b4fa3", "#3e8e5f", "#51585a"];
const FONT = sheet.fontFamily;
const LONG_NAME = 14;
const NARROW = 420;
const stepColour = (step) => sheet.getPropertyValue(`--step-${step}`).trim();

export function draw(place, option) {
  if (!place || !window.echarts) return;
  const chart = echarts.init(place, null, { renderer: "svg" });
  chart.setOption({ animation: false, color: COLOURS, textStyle: { fontFamily: FONT, color: INK }, tooltip: { renderMode: "richText" }, ...option });
  new ResizeObserver(() => chart.resize()).observe(place);
}

const stepOf = (steps, total) => steps.find((step) => total >= step.low && (total < step.high || total === 100))?.step ?? "none";

/** A long name of several words in two lines: beside the radar there is little room on a phone. */
function inLines(name) {
  const words = name.split(" ");
  const half = Math.floor(words.length / 2);
  return name.length < LONG_NAME || !half ? name : `${words.slice(0, half).join(" ")}\n${words.slice(half).join(" ")}`;
}

function showCharts(profile) {
  const places = profile.places.slice(0, MOST_LINES);
  const radar = document.getElementById("radar-chart");
  draw(radar, {
    legend: { bottom: 0, type: "scroll", textStyle: { color: INK } },
    radar: { indicator: profile.blocks.map((name) => ({ name, max: 100 })), center: ["50%", "46%"], radius: radar?.clientWidth < NARROW ? "48%" : "62%", axisName: { color: INK, formatter: inLines } },
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

const RANKS = ["#0e4d35", "#3e8e5f", "#7fa84a", "#d9b312", "#d0752c", "#a51d1d", "#6a736c", "#b5b5b5"];
const HATCH = { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: -Math.PI / 4, color: "rgba(255,255,255,.75)" };
const LONG_BARS_PIXELS = 26;

/** Bars that lie need as much height as there are places. */
function makeHigh(place, bars) {
  if (place) place.style.height = `${Math.max(place.clientHeight, 90 + bars * LONG_BARS_PIXELS)}px`;
}

const lying = (names) => ({
  grid: { left: 8, right: 24, top: 8, bottom: 38, containLabel: true },
  legend: { bottom: 0, type: "scroll", textStyle: { color: INK } },
  yAxis: { type: "category", inverse: true, data: names, axisLabel: { color: INK, width: 150, overflow: "truncate" } },
});

/** Totals of both years; hatched where the two years were looked at with unlike effort. */
function showYears(data) {
  const place = document.getElementById("years-chart");
  const known = data.places.filter((row) => row.before !== null || row.after !== null).slice(0, MOST_BARS);
  if (!place || !known.length) {
    if (place) place.hidden = true;
    return;
  }
  makeHigh(place, known.length * 2);
  const bars = (key) => known.map((row) => ({ value: row[key], itemStyle: row.alike ? {} : { decal: HATCH, opacity: 0.55 } }));
  const look = { type: "bar", barMaxWidth: 20, label: { show: true, position: "right", color: INK, formatter: ({ value }) => (value === null ? "" : Number(value).toFixed(1)) } };
  draw(place, {
    ...lying(known.map((row) => row.name)),
    color: ["#9aa8a0", "#0e4d35"],
    xAxis: { type: "value", max: 100, axisLabel: { color: INK }, splitLine: { lineStyle: { color: LINE } } },
    series: [{ ...look, name: `${data.years[0]}`, data: bars("before") }, { ...look, name: `${data.years[1]}`, data: bars("after") }],
  });
}

/** How often each place stood where when the weights were shaken. */
function showRanks(ranking) {
  const place = document.getElementById("rank-chart");
  if (!place || !ranking.length) return;
  const shown = ranking.slice(0, MOST_BARS);
  makeHigh(place, shown.length);
  const last = Math.min(RANKS.length, shown[0].shares.length);
  const share = (row, at) => (at < last - 1 ? row.shares[at] : row.shares.slice(last - 1).reduce((sum, value) => sum + value, 0));
  const name = (at) => place.dataset.word.replace("{n}", at + 1 + (at === last - 1 && last < shown[0].shares.length ? "+" : ""));
  draw(place, {
    ...lying(shown.map((row) => row.unit_zh)),
    color: RANKS,
    xAxis: { type: "value", max: 1, axisLabel: { color: INK, formatter: (value) => `${Math.round(value * 100)}%` }, splitLine: { lineStyle: { color: LINE } } },
    series: Array.from({ length: last }, (_, at) => ({ type: "bar", stack: "all", barMaxWidth: 26, name: name(at), data: shown.map((row) => share(row, at)),
      label: { show: true, color: "#fff", formatter: ({ value }) => (value >= 0.12 ? `${Math.round(value * 100)}%` : "") } })),
  });
}

const given = (id) => {
  const element = document.getElementById(id);
  return element && JSON.parse(element.textContent);
};
const years = given("years-data");
if (years) showYears(years);
const ranking = given("ranking-data");
if (ranking) showRanks(ranking);
const profile = document.getElementById("profile-data");
if (profile) {
  showCharts(JSON.parse(profile.textContent));
  if (!document.getElementById("map-config")) document.body.dataset.ready = "charts";
}
