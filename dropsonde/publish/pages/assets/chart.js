"use strict";
// A chart of a table that stands on the page: its rows are weeks, each marked column a line, or dots.

const DAY = 86_400_000;

// The number of the week, counted from any; so that a week without a release leaves a gap.
function ordinal(week) {
  const [year, number] = week.split("-W").map(Number);
  const fourth = new Date(Date.UTC(year, 0, 4)); // is always in the first week
  const monday = fourth.getTime() - ((fourth.getUTCDay() + 6) % 7) * DAY;
  return Math.round(monday / (7 * DAY)) + number - 1;
}

// [number, error] of a cell; null where it is not public.
function read(cell) {
  const number = cell.querySelector(":scope > data");
  if (!number) return [null, null];
  const error = cell.querySelector(".error > data");
  return [Number(number.value), error ? Number(error.value) : 0];
}

function columns(table) {
  const rows = [...table.tBodies[0].rows].reverse();
  const weeks = rows.map((row) => row.querySelector("time").dateTime);
  const at = weeks.map(ordinal);
  const xs = Array.from({ length: at.at(-1) - at[0] + 1 }, (_, place) => at[0] + place);
  const marked = ({ dataset }) => "line" in dataset || "dots" in dataset;
  const heads = [...table.tHead.rows[0].cells].filter(marked);
  const lines = heads.map((head) => {
    const cells = new Map(rows.map((row, line) => [at[line], read(row.cells[head.cellIndex])]));
    return { name: head.textContent, dots: "dots" in head.dataset, points: xs.map((x) => cells.get(x) ?? [null, null]) };
  });
  return { xs, weeks: new Map(at.map((x, place) => [x, weeks[place]])), lines };
}

function options({ xs, weeks, lines }, width, banded) {
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(name).trim();
  const axis = { stroke: color("--quiet"), grid: { stroke: color("--line"), width: 1 }, ticks: { stroke: color("--line") }, font: "13px system-ui, sans-serif" };
  const digits = (value) => (value === null || value === undefined ? "–" : value.toLocaleString("en"));
  const series = [{ label: "Week", value: (_, x) => weeks.get(x) ?? "–" }];
  const bands = [];
  lines.forEach(({ name, dots }, place) => {
    if (dots) { // a week's own numbers: fainter, without an error or a line
      const points = { show: true, size: 4, width: 0, stroke: color("--quiet"), fill: color("--quiet") };
      series.push({ label: name, stroke: color("--quiet"), width: 2.5, paths: () => null, points, value: (_, y) => digits(y) });
      return;
    }
    const stroke = color(`--series-${place}`);
    const points = { show: xs.length < 60, size: 7, fill: stroke };
    series.push({ label: name, stroke, width: 2.5, points, value: (_, y) => digits(y) });
    if (banded) {
      const edge = { class: "u-edge", stroke: "transparent", points: { show: false } };
      series.push({ ...edge }, { ...edge });
      bands.push({ series: [series.length - 2, series.length - 1], fill: `${stroke}33` });
    }
  });
  return {
    width,
    height: 280,
    series,
    bands,
    cursor: { drag: { x: false, y: false } },
    scales: {
      x: { time: false, range: () => [xs[0] - 0.5, xs.at(-1) + 0.5] },
      y: { range: (_, low, high) => [Math.min(0, low), Math.max(high * 1.1, 1)] },
    },
    axes: [
      { ...axis, incrs: [1, 2, 4, 8, 13, 26, 52], space: 70, values: (_, splits) => splits.map((x) => weeks.get(x) ?? "") },
      { ...axis, size: 60, incrs: [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5], values: (_, splits) => splits.map(digits) },
    ],
  };
}

// Draw it, and again when the width, the colours or the medium change; gives a way to end that.
export function chart(figure, table) {
  const found = columns(table);
  const banded = found.lines.some(({ points }) => points.some(([, error]) => error));
  const data = [found.xs];
  for (const { points, dots } of found.lines) {
    data.push(points.map(([value]) => value));
    if (banded && !dots) {
      data.push(points.map(([value, error]) => value === null ? null : value + error));
      data.push(points.map(([value, error]) => value === null ? null : value - error));
    }
  }
  let drawn = null;
  const draw = () => {
    drawn?.destroy();
    drawn = new uPlot(options(found, figure.clientWidth, banded), data, figure);
  };
  figure.hidden = false;
  draw();
  const media = ["(prefers-color-scheme: dark)", "print"].map((query) => matchMedia(query));
  for (const each of media) each.addEventListener("change", draw);
  const sized = new ResizeObserver(() => {
    if (figure.clientWidth && figure.clientWidth !== drawn.width) {
      drawn.setSize({ width: figure.clientWidth, height: drawn.height });
    }
  });
  sized.observe(figure);
  return () => {
    sized.disconnect();
    for (const each of media) each.removeEventListener("change", draw);
    drawn.destroy();
    figure.hidden = true;
  };
}
