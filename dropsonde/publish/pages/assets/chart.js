"use strict";
// A chart of a table that stands on the page, and buttons that save it.

import { apart, charted, color, dash, gaps, tick, weekOf } from "./charted.js";
import { saving } from "./saved.js";

const FONT = "13px system-ui, sans-serif";
const DOTS = [3, 5]; // in the legend
const COUNTS = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5];
const SHARES = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1];
const WEEKS = [1, 2, 4, 8, 13, 26, 52]; // rows between names of weeks
const LABEL = 16; // the height of one, in CSS pixels
const pen = document.createElement("canvas").getContext("2d");

const styled = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// A name as far as there is room for it.
function fitted(name, width) {
  pen.font = FONT;
  if (pen.measureText(name).width <= width) return name;
  let end = name.length;
  while (end > 1 && pen.measureText(`${name.slice(0, end)}…`).width > width) end -= 1;
  return `${name.slice(0, end)}…`;
}

// The lines' names at their ends, if there are several lines.
function labels({ lines }, width) {
  const named = lines.map((line, place) => ({ ...line, place })).filter(({ dots }) => !dots);
  if (named.length < 2) return { room: 24, draw() {} };
  const most = Math.max(60, Math.min(190, width * 0.28));
  const shown = named
    .map(({ name, place, points }) => ({ text: fitted(name, most), place, last: points.findLastIndex(({ value }) => value !== null), points }))
    .filter(({ last }) => last >= 0);
  pen.font = FONT;
  const room = Math.max(0, ...shown.map(({ text }) => pen.measureText(text).width)) + 16;
  const draw = (plot) => {
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    const wanted = shown.map(({ points, last }) => plot.valToPos(points[last].value, "y", true));
    const places = apart(wanted, LABEL * ratio, bbox.top - LABEL * ratio, bbox.top + bbox.height + LABEL * ratio);
    ctx.save();
    ctx.font = FONT.replace("13px", `${13 * ratio}px`);
    ctx.textBaseline = "middle";
    ctx.textAlign = "left";
    shown.forEach(({ text, place }, at) => {
      ctx.fillStyle = styled(color(place));
      ctx.fillText(text, bbox.left + bbox.width + 8 * ratio, places[at]);
    });
    ctx.restore();
  };
  return { room, draw };
}

// Every so many of them, so that the newest is one.
const back = (xs, every) => xs.filter((_, at) => (xs.length - 1 - at) % every === 0);

// A stripe for each stretch of weeks without a release; it says so where there is room.
const stripes = (found) => (plot) => {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  for (const [first, last] of gaps(found)) {
    const [left, right] = [first - found.step / 2, last + found.step / 2].map((x) => plot.valToPos(x, "x", true));
    ctx.fillStyle = styled("--panel");
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
    ctx.fillStyle = styled("--quiet");
    ctx.font = FONT.replace("13px", `${12 * ratio}px`);
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.translate((left + right) / 2, bbox.top + bbox.height / 2);
    ctx.rotate(-Math.PI / 2);
    ctx.fillText("not released", 0, 0);
    ctx.setTransform(1, 0, 0, 1, 0, 0);
  }
  ctx.restore();
};

// The same dash as a background of the style sheet's language.
function dashed(stroke, pattern) {
  let at = 0;
  const stops = pattern.map((length, place) => {
    const from = at;
    at += length;
    return `${place % 2 ? "transparent" : stroke} ${from}px ${at}px`;
  });
  return stops.length ? `repeating-linear-gradient(90deg, ${stops.join(", ")})` : stroke;
}

function options(found, width, banded) {
  const { xs, step, lines, shares } = found;
  const axis = { stroke: styled("--quiet"), grid: { stroke: styled("--line"), width: 1 }, ticks: { stroke: styled("--line") }, font: FONT };
  const series = [{ label: "Week", value: (_, x) => (x === null || x === undefined ? "–" : weekOf(x)) }];
  const marks = ["none"]; // of the legend
  const bands = [];
  lines.forEach(({ name, dots, points: told }, place) => {
    const said = (_, value, __, at) => told[at]?.text || "–"; // in the table's own words
    const edge = { class: "u-edge", stroke: "transparent", points: { show: false } };
    if (dots) { // a week's own numbers: fainter, without an error or a line
      const points = { show: true, size: 4, width: 0, stroke: styled("--quiet"), fill: styled("--quiet") };
      series.push({ label: name, stroke: styled("--quiet"), width: 2.5, paths: () => null, points, value: said });
      marks.push(dashed(styled("--quiet"), DOTS));
      return;
    }
    const stroke = styled(color(place));
    const points = { show: xs.length < 60, size: 6, fill: stroke };
    series.push({ label: name, stroke, width: 2.5, dash: dash(place), points, value: said });
    marks.push(dashed(stroke, dash(place)));
    if (banded) {
      series.push({ ...edge }, { ...edge });
      marks.push("none", "none");
      bands.push({ series: [series.length - 2, series.length - 1], fill: `${stroke}${lines.length > 2 ? "1f" : "33"}` });
    }
  });
  const ends = labels(found, width);
  const top = shares ? 0.01 : 1;
  return {
    width,
    height: 280,
    series,
    bands,
    padding: [null, ends.room, null, null],
    cursor: { drag: { x: false, y: false } },
    legend: { markers: { width: 0, fill: (_, place) => marks[place] } },
    hooks: { drawAxes: [stripes(found)], draw: [ends.draw] },
    scales: {
      x: { time: false, range: () => [xs[0] - step / 2, xs.at(-1) + step / 2] },
      y: { range: (_, low, high) => [Math.min(0, low), Math.max(high * 1.1, top)] },
    },
    axes: [
      { ...axis, incrs: WEEKS.map((rows) => rows * step), space: 70, splits: (_, __, ___, ____, every) => back(xs, every / step), values: (_, splits) => splits.map(weekOf) },
      { ...axis, size: 60, incrs: shares ? SHARES : COUNTS, values: (_, splits) => splits.map(tick(shares)) },
    ],
  };
}

// Draw it, and again when the width, the colours or the medium change; gives a way to end that.
export function chart(figure, table, show = "share") {
  const found = charted(table, show);
  const banded = found.lines.some(({ points }) => points.some(({ error }) => error));
  const data = [found.xs];
  for (const { points, dots } of found.lines) {
    data.push(points.map(({ value }) => value));
    if (banded && !dots) {
      data.push(points.map(({ value, error }) => value === null ? null : value + error));
      data.push(points.map(({ value, error }) => value === null ? null : value - error));
    }
  }
  let drawn = null;
  const draw = () => {
    drawn?.destroy();
    drawn = new uPlot(options(found, figure.clientWidth, banded), data, figure);
  };
  figure.hidden = false;
  draw();
  const buttons = saving(found);
  figure.parentElement.append(buttons);
  const media = ["(prefers-color-scheme: dark)", "print"].map((query) => matchMedia(query));
  for (const each of media) each.addEventListener("change", draw);
  const sized = new ResizeObserver(() => {
    if (figure.clientWidth && figure.clientWidth !== drawn.width) draw(); // labels need another room
  });
  sized.observe(figure);
  return () => {
    sized.disconnect();
    for (const each of media) each.removeEventListener("change", draw);
    drawn.destroy();
    buttons.remove();
    figure.hidden = true;
  };
}
