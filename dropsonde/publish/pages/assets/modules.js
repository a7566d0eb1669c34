"use strict";
// The table of all modules: words that names have, and an order; both stand in the address. Its rows come in pieces.

import { everything, told } from "./known.js";
import { load, matches, pageOf, words } from "./names.js";
import { element, measured, row, SHARE, SHARE_CHANGE, SITES } from "./numbers.js";

const PIECE = 100; // rows
const ORDERS = { name: null, share: "share", change: "share_change", unused: "unused" };
const ONLY = {
  rising: ({ share_change: moved, share_change_error: error }) => moved !== null && moved > error,
  falling: ({ share_change: moved, share_change_error: error }) => moved !== null && -moved > error,
};
const form = document.querySelector("[data-filter]");
const [box, only, said] = ["input", "select", "[role=status]"].map((what) => form.querySelector(what));
const table = document.querySelector("[data-modules]");
const pager = document.querySelector("[data-pager]");
const more = element("button", "", { type: "button" });
let listed = null; // the rows of v1/modules.json
let known = null;
let shown = [];
let order = { by: "share", back: false };

async function fetched() {
  if (listed === null) {
    const [document_, all] = await Promise.all([load("v1/modules.json"), everything()]);
    listed = document_.modules.map((each, place) => ({ each, at: `v1/modules.json#/modules/${place}` }));
    known = all;
  }
}

function sorted(rows) {
  const name = ORDERS[order.by];
  const sign = order.back ? -1 : 1;
  if (name === null) return rows.toSorted(({ each: one }, { each: other }) => sign * one.module.localeCompare(other.module, "en"));
  const gone = rows.filter(({ each }) => each[name] === null); // these are last in either order
  const there = rows.filter(({ each }) => each[name] !== null);
  return [...there.toSorted(({ each: one }, { each: other }) => sign * (other[name] - one[name])), ...gone];
}

function bar(share) {
  const most = Math.max(...listed.map(({ each }) => each.share ?? 0));
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  picture.setAttribute("aria-hidden", "true");
  const filled = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  filled.setAttribute("width", `${most > 0 ? (100 * Math.max(share ?? 0, 0)) / most : 0}%`);
  filled.setAttribute("height", "100%");
  picture.append(filled);
  const cell = element("td", "", { class: "drawn" });
  cell.append(picture);
  return cell;
}

function named({ module: slug, deprecated }) {
  const name = element("span");
  name.append(element("a", slug, { href: pageOf(slug).href }));
  if (deprecated) name.append(" ", element("span", "deprecated", { class: "quiet" }));
  return name;
}

const line = ({ each, at }) => row(named(each), [
  measured(each, "share", at, SHARE),
  bar(each.share),
  measured(each, "sites", at, SITES),
  measured(each, "share_change", at, SHARE_CHANGE),
  measured(each, "unused", at, SITES),
]);

function piece() {
  const from = table.tBodies[0].rows.length;
  table.tBodies[0].append(...shown.slice(from, from + PIECE).map(line));
  const left = shown.length - table.tBodies[0].rows.length;
  more.hidden = left <= 0;
  more.textContent = `Show ${Math.min(left, PIECE)} more`;
}

// What is told if no public module fits: those that were public are named, with links.
async function nothing(wanted) {
  const gone = known.slugs.filter((slug) => !known.shown.has(slug) && matches(slug, wanted));
  const typed = box.value;
  const text = gone.length || !wanted.length ? "" : await told([], known, PIECE, wanted);
  if (box.value !== typed) return; // something else was typed meanwhile
  said.textContent = text;
  gone.slice(0, PIECE).forEach((slug, place) => {
    said.append(place ? "; " : "", element("a", slug, { href: pageOf(slug).href }), ` ${known.about.get(slug)}`);
  });
  if (!said.textContent) said.textContent = "No module is like that.";
}

async function show() {
  try {
    await fetched();
    await rows();
  } catch {
    said.textContent = "The list of modules cannot be loaded; try again later.";
  }
}

function rows() {
  const wanted = words(box.value);
  const fits = ONLY[only.value] ?? (() => true);
  shown = sorted(listed.filter(({ each }) => matches(each.module, wanted) && fits(each)));
  table.tBodies[0].replaceChildren();
  piece();
  pager?.remove();
  for (const head of table.tHead.querySelectorAll("[data-by]")) {
    const mine = head.dataset.by === order.by;
    const up = (order.by === "name") !== order.back;
    if (mine) head.setAttribute("aria-sort", up ? "ascending" : "descending");
    else head.removeAttribute("aria-sort");
  }
  if (shown.length) said.textContent = `${shown.length} of ${listed.length} modules`;
  else return nothing(wanted);
  return null;
}

function remember() {
  const address = new URL(location.href);
  const put = (name, value) => (value ? address.searchParams.set(name, value) : address.searchParams.delete(name));
  put("q", box.value.trim());
  put("only", only.value);
  const usual = order.by === "share" && !order.back;
  put("sort", usual ? "" : `${order.by}${order.back ? "-back" : ""}`);
  history.replaceState(null, "", address);
}

// Take the address's wishes; whether it has any.
function take() {
  const asked = new URLSearchParams(location.search);
  box.value = asked.get("q") ?? "";
  only.value = Object.hasOwn(ONLY, asked.get("only") ?? "") ? asked.get("only") : "";
  const [by, back] = (asked.get("sort") ?? "").split("-");
  if (Object.hasOwn(ORDERS, by)) order = { by, back: back === "back" };
  return ["q", "only", "sort"].some((name) => asked.has(name));
}

function changed() {
  remember();
  return show();
}

for (const head of table?.tHead.querySelectorAll("[data-by]") ?? []) {
  const button = element("button", head.textContent, { type: "button" });
  button.addEventListener("click", () => {
    const { by } = head.dataset;
    order = { by, back: by === order.by && !order.back };
    changed();
  });
  head.replaceChildren(button);
}
if (table) {
  box.addEventListener("input", changed);
  only.addEventListener("change", changed);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    changed();
  });
  more.addEventListener("click", async () => {
    if (listed === null) await show(); // the first piece is there again, and its order
    else piece();
  });
  more.hidden = true;
  table.closest(".scroll").after(more);
  form.hidden = false;
  if (take()) show();
}
