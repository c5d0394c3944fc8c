/** The page of a rule set: rows come and go, weights are summed as one types, curves are drawn. */

const form = document.getElementById("rules");
const indicators = document.getElementById("indicators");
const weights = document.getElementById("weights");
const roles = JSON.parse(document.getElementById("measure-inputs").textContent);
const WIDTH = 220;
const HEIGHT = 120;
const EDGE = { left: 26, right: 10, top: 10, bottom: 18 };
const SVG = new DOMParser().parseFromString("<svg></svg>", "text/html").querySelector("svg").namespaceURI;
const WHOLE = 100;

function sumWeights() {
  const parts = [...form.querySelectorAll("[data-weight]")].map((field) => Number(field.value));
  const sum = parts.reduce((total, part) => total + (Number.isFinite(part) ? part : 0), 0);
  const good = Math.abs(sum - WHOLE) < 1e-6;
  weights.className = `weights ${good ? "good" : "bad"}`;
  weights.textContent = good ? weights.dataset.wordGood : `${weights.dataset.wordBad} ${Number(sum.toFixed(4))}`;
  weights.style.setProperty("--share", `${Math.min(sum, WHOLE)}%`);
}

const numbersOf = (text) =>
  text.split(/[;；\n]+/).map((part) => (part.match(/-?\d+(?:\.\d+)?/g) ?? []).map(Number)).filter((pair) => pair.length === 2);

function element(name, attributes, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

function drawCurve(row) {
  const chart = row.querySelector("[data-chart]");
  const points = numbersOf(row.querySelector("[data-curve]").value);
  chart.replaceChildren();
  if (points.length < 2) return;
  const values = points.map(([value]) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = (high - low || 1) * 0.12;
  const x = (value) => EDGE.left + ((value - low + margin) / (high - low + 2 * margin)) * (WIDTH - EDGE.left - EDGE.right);
  const y = (score) => EDGE.top + (1 - score / WHOLE) * (HEIGHT - EDGE.top - EDGE.bottom);
  for (const score of [0, 50, 100]) {
    chart.append(element("line", { x1: EDGE.left, x2: WIDTH - EDGE.right, y1: y(score), y2: y(score), class: "grid" }));
    chart.append(element("text", { x: 2, y: y(score) + 4 }, score));
  }
  const line = [[low - margin, points[0][1]], ...points, [high + margin, points.at(-1)[1]]];
  chart.append(element("polyline", { points: line.map(([v, s]) => `${x(v)},${y(s)}`).join(" "), class: "line" }));
  for (const [value, score] of points) chart.append(element("circle", { cx: x(value), cy: y(score), r: 3.5 }));
  for (const value of [low, high]) chart.append(element("text", { x: x(value), y: HEIGHT - 3, "text-anchor": "middle" }, value));
}

function showInputs(row) {
  const wanted = roles[row.querySelector("[data-measure]").value] ?? [];
  row.querySelector("[data-second]").hidden = wanted.length < 2;
}

function refresh() {
  indicators.querySelectorAll("[data-indicator]").forEach((row, at) => {
    row.querySelector(".turn-number").textContent = at + 1;
    drawCurve(row);
    showInputs(row);
  });
  sumWeights();
}

form.addEventListener("input", (event) => {
  const row = event.target.closest("[data-indicator]");
  if (event.target.matches("[data-weight]")) sumWeights();
  if (row && event.target.matches("[data-curve]")) drawCurve(row);
  if (row && event.target.matches("[data-measure]")) showInputs(row);
});
form.addEventListener("click", (event) => {
  const { add } = event.target.dataset;
  if (add) form.querySelector(`[data-rows="${add}"]`).append(document.getElementById(`new-${add}`).content.cloneNode(true));
  if (event.target.matches("[data-remove]")) {
    event.target.closest("[data-indicator]").remove();
    refresh();
  }
  if (event.target.id === "add-indicator") {
    indicators.append(document.getElementById("new-indicator").content.cloneNode(true));
    refresh();
  }
});
refresh();
document.body.dataset.ready = "rules";
