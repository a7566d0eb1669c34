"use strict";
// Buttons that save a chart: its numbers as CSV, and a picture as SVG that needs nothing else.

import { apart, color, dash, gaps, tick, weekOf } from "./charted.js";

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT] = [960, 440];
const PLOT = { left: 64, right: 190, top: 56, bottom: 64 };
const STEPS = [1, 2, 5];
const [INK, FAINT, PAPER] = ["#1c2024", "#56606b", "#ffffff"];
const COLORS = ["#1f6fbf", "#b4560a", "#24803f", "#8a3fb0", "#b02a4c"]; // as on a light page

// A field in which a comma, a quotation mark or a line's end can stand (RFC 4180).
const field = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

export function csv({ xs, missing, lines }) {
  const withErrors = lines.map(({ points }) => points.some(({ error }) => error !== null));
  const heads = lines.flatMap(({ name }, at) => (withErrors[at] ? [name, `${name} ±`] : [name]));
  const gone = new Set(missing);
  const rows = xs.map((x, at) => [
    weekOf(x),
    gone.has(x) ? "no" : "yes",
    ...lines.flatMap(({ points }, line) => {
      const { value, error } = points[at];
      return (withErrors[line] ? [value, error] : [value]).map((each) => (each === null ? "" : String(each)));
    }),
  ]);
  return [["week", "released", ...heads], ...rows].map((row) => `${row.map(field).join(",")}\r\n`).join("");
}

function part(name, attributes, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

// Ticks of an axis from zero, about five.
function ticks(most) {
  const rough = most / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = (STEPS.find((each) => each * power >= rough) ?? 10) * power;
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, at) => at * step);
}

const line = (x1, y1, x2, y2) => part("line", { x1, y1, x2, y2, stroke: "#d5dae0" });

// Stretches of points without a gap between them.
function stretches(points) {
  const found = [[]];
  points.forEach((point, at) => {
    if (point.value === null) found.push([]);
    else found.at(-1).push({ ...point, at });
  });
  return found.filter((each) => each.length);
}

export function svg(found, title, source) {
  const { xs, lines, shares } = found;
  const every = lines.flatMap(({ points }) => points.filter(({ value }) => value !== null));
  const most = Math.max(shares ? 0.01 : 1, ...every.map(({ value, error }) => value + (error ?? 0)));
  const width = WIDTH - PLOT.left - PLOT.right;
  const height = HEIGHT - PLOT.top - PLOT.bottom;
  const across = (at) => PLOT.left + ((at + 0.5) / xs.length) * width;
  const down = (value) => PLOT.top + height * (1 - Math.max(value, 0) / most);
  const spot = (at, value) => `${across(at).toFixed(1)},${down(value).toFixed(1)}`;
  const picture = part("svg", { xmlns: SVG, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, role: "img", "font-family": "system-ui, sans-serif", "font-size": 14 });
  picture.append(part("title", {}, title), part("rect", { width: WIDTH, height: HEIGHT, fill: PAPER }));
  picture.append(part("text", { x: 16, y: 30, "font-size": 18, "font-weight": 600, fill: INK }, title));
  for (const [first, last] of gaps(found)) {
    const [left, right] = [first, last].map((x, side) => across((x - xs[0]) / found.step + side - 0.5));
    const middle = `${(left + right) / 2} ${PLOT.top + height / 2}`;
    picture.append(part("rect", { x: left, y: PLOT.top, width: right - left, height, fill: "#f4f6f9" }));
    picture.append(part("text", { transform: `translate(${middle}) rotate(-90)`, "text-anchor": "middle", "font-size": 12, fill: FAINT }, "not released"));
  }
  for (const value of ticks(most)) {
    picture.append(line(PLOT.left, down(value), PLOT.left + width, down(value)));
    picture.append(part("text", { x: PLOT.left - 8, y: down(value) + 5, "text-anchor": "end", fill: FAINT }, tick(shares)(value)));
  }
  const step = Math.ceil(xs.length / 8);
  xs.forEach((x, at) => {
    if (at % step) return;
    picture.append(part("text", { x: across(at), y: PLOT.top + height + 22, "text-anchor": "middle", "font-size": 12, fill: FAINT }, weekOf(x)));
  });
  lines.forEach(({ dots, points }, place) => {
    const stroke = dots ? FAINT : COLORS[place % COLORS.length];
    for (const some of stretches(points)) {
      if (dots) {
        some.forEach(({ at, value }) => picture.append(part("circle", { cx: across(at), cy: down(value), r: 2, fill: stroke })));
        continue;
      }
      const above = some.map(({ at, value, error }) => spot(at, value + (error ?? 0)));
      const below = some.map(({ at, value, error }) => spot(at, value - (error ?? 0))).reverse();
      picture.append(part("polygon", { points: [...above, ...below].join(" "), fill: stroke, "fill-opacity": 0.15 }));
      if (some.length === 1) picture.append(part("circle", { cx: across(some[0].at), cy: down(some[0].value), r: 3, fill: stroke }));
      picture.append(part("polyline", { points: some.map(({ at, value }) => spot(at, value)).join(" "), fill: "none", stroke, "stroke-width": 2.5, "stroke-dasharray": dash(place).join(" ") || "none" }));
    }
  });
  const named = lines
    .map(({ name, points }, place) => ({ name, place, last: points.findLast(({ value }) => value !== null), dots: lines[place].dots }))
    .filter(({ last }) => last);
  const places = apart(named.map(({ last }) => down(last.value)), 18, PLOT.top - 9, PLOT.top + height + 9);
  named.forEach(({ name, place, dots }, at) => {
    const said = name.length > 24 ? `${name.slice(0, 23)}…` : name;
    picture.append(part("text", { x: PLOT.left + width + 8, y: places[at] + 5, fill: dots ? FAINT : COLORS[place % COLORS.length] }, said));
  });
  picture.append(part("text", { x: 16, y: HEIGHT - 14, "font-size": 12, fill: FAINT }, source));
  return new XMLSerializer().serializeToString(picture);
}

function save(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000); // the browser has taken it by then
}

export function saving(found) {
  const title = () => `${document.title.replace(/ · Dropsonde$/, "")}: ${found.caption}`;
  const name = (form) => `${title().toLowerCase().replace(/[^a-z0-9_]+/g, "-").slice(0, 100)}.${form}`;
  const source = () => `Dropsonde, ${location.href} · CC BY 4.0 · shaded: ±`;
  const ways = {
    CSV: () => save(name("csv"), "text/csv", csv(found)),
    SVG: () => save(name("svg"), "image/svg+xml", svg(found, title(), source())),
  };
  const box = document.createElement("p");
  box.className = "save";
  box.append("Save this chart: ");
  for (const [form, saved] of Object.entries(ways)) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = form;
    button.setAttribute("aria-label", `Save the chart “${found.caption}” as ${form}`);
    button.addEventListener("click", saved);
    box.append(button, " ");
  }
  return box;
}
