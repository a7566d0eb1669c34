"use strict";
// What a chart draws: the table that stands beside it. Its rows are weeks, each marked column a line, or dots.

const WEEK = 7 * 86_400_000;

// Lines differ by colour and by dash, so that nobody needs to see colours. One of each, then others.
const DASHES = [[], [9, 5], [2, 4], [12, 4, 2, 4], [5, 3], [14, 3, 2, 3, 2, 3]];
const COLORS = 5;
export const dash = (place) => DASHES[place % DASHES.length];
export const color = (place) => `--series-${place % COLORS}`;

// The number of the week, counted from any; so that a week without a release leaves a gap.
export function ordinal(week) {
  const [year, number] = week.split("-W").map(Number);
  const fourth = new Date(Date.UTC(year, 0, 4)); // is always in the first week
  const monday = fourth.getTime() - ((fourth.getUTCDay() + 6) % 7) * (WEEK / 7);
  return Math.round(monday / WEEK) + number - 1;
}

// The week of such a number.
export function weekOf(at) {
  const thursday = at * WEEK; // whose year is the week's
  const year = new Date(thursday).getUTCFullYear();
  const number = Math.floor((thursday - Date.UTC(year, 0, 1)) / WEEK) + 1;
  return `${year}-W${String(number).padStart(2, "0")}`;
}

// A cell's number, its error, and how the page says both; null where it is not public.
function read(cell) {
  const number = cell?.querySelector("data");
  if (!number) return { value: null, error: null, text: cell?.textContent.trim() ?? "" };
  const error = cell.querySelector(".error > data");
  return { value: Number(number.value), error: error ? Number(error.value) : null, text: cell.textContent.trim() };
}

// Args: the table; of columns that are of one measure alone, that which is shown.
export function charted(table, show) {
  const all = [...table.tBodies[0].rows].filter((row) => !("missing" in row.dataset)).reverse();
  const at = all.map((row) => ordinal(row.querySelector("time").textContent));
  const step = Number(table.dataset.every ?? 1); // weeks between rows
  const xs = Array.from({ length: (at.at(-1) - at[0]) / step + 1 }, (_, place) => at[0] + place * step);
  const marked = ({ dataset: { line, dots } }) => ["", show].includes(line ?? dots);
  const heads = [...table.tHead.rows[0].cells].filter(marked);
  const none = { value: null, error: null, text: "not released" };
  const lines = heads.map((head) => {
    const cells = new Map(all.map((row, line) => [at[line], read(row.cells[head.cellIndex])]));
    return { name: head.textContent.trim(), dots: "dots" in head.dataset, points: xs.map((x) => cells.get(x) ?? none) };
  });
  const shares = lines.some(({ points }) => points.some(({ text }) => text.includes("%")));
  const released = new Set(at);
  const missing = xs.filter((x) => !released.has(x));
  return { caption: table.caption.textContent, xs, step, missing, lines, shares };
}

// Weeks without a release, as pairs of the first and the last in a row.
export function gaps({ missing, step }) {
  const found = [];
  for (const x of missing) {
    if (found.at(-1)?.[1] === x - step) found.at(-1)[1] = x;
    else found.push([x, x]);
  }
  return found;
}

// Where labels stand at the ends of lines, apart from each other.
export function apart(wanted, height, low, high) {
  const order = wanted.map((y, place) => [y, place]).sort(([one], [other]) => one - other);
  const places = Array(wanted.length);
  let least = low + height / 2;
  for (const [y, place] of order) {
    places[place] = Math.max(y, least);
    least = places[place] + height;
  }
  let most = high - height / 2;
  for (const [, place] of order.reverse()) {
    places[place] = Math.min(places[place], most);
    most = places[place] - height;
  }
  return places;
}

export const tick = (shares) => (value) =>
  shares ? `${Number((value * 100).toFixed(1))}%` : value.toLocaleString("en");
