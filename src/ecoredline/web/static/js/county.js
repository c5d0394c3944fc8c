/** A county's numbers over the years; every number stands in the table below. */

import { draw } from "./assessment_charts.js";

const INK = "#1b231f";
const series = JSON.parse(document.getElementById("series-data").textContent);
for (const place of document.querySelectorAll("[data-series]")) {
  const row = series[Number(place.dataset.series)];
  draw(place, {
    grid: { left: 8, right: 24, top: 24, bottom: 6, containLabel: true },
    xAxis: { type: "category", data: row.years, axisLabel: { color: INK } },
    yAxis: { type: "value", scale: true, axisLabel: { color: INK } },
    series: [{ type: "line", data: row.values, symbolSize: 8, label: { show: true, color: INK, formatter: ({ value }) => Number(value.toPrecision(5)) } }],
  });
}
document.body.dataset.ready = "county";
