"use strict";
// Elements of tables. Each number says which cell it is from, as on all pages.

import { number, percent, percent_upwards, signed, signed_percent, upwards } from "./wording.js";

export const SITES = { number, error: upwards };
export const SHARE = { number: percent, error: percent_upwards };
export const CHANGE = { number: signed, error: upwards, colored: true };
export const SHARE_CHANGE = { number: signed_percent, error: percent_upwards, colored: true };

export function element(name, text = "", attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text; // never markup: names are text
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

export const quiet = (text) => element("span", text, { class: "quiet" });

export const head = (text, attributes = {}) => element("th", text, { scope: "col", ...attributes });

function datum(value, cell, text, attributes = {}) {
  return element("data", text, { value, "data-cell": cell, ...attributes });
}

// A number with how far the truth may be from it; `at` is where the object stands that has both.
export function numbers(of, name, at, how) {
  const errorName = name === "sites" ? "error" : `${name}_error`;
  const [value, error] = [of[name] ?? null, of[errorName]];
  if (value === null) return [quiet("not public")];
  const beyond = how.colored && Math.abs(value) > error;
  const attributes = beyond ? { class: value > 0 ? "up" : "down" } : {};
  const within = element("span", "± ", { class: "error" });
  within.append(datum(error, `${at}/${errorName}`, how.error(error)));
  return [datum(value, `${at}/${name}`, how.number(value), attributes), " ", within];
}

export function measured(...what) {
  const box = element("td", "", { class: "number" });
  box.append(...numbers(...what));
  return box;
}

export function row(first, cells) {
  const made = element("tr");
  const begin = element("th", "", { scope: "row" });
  begin.append(first);
  made.append(begin, ...cells);
  return made;
}

export function fill(table, caption, heads, rows) {
  const line = element("tr");
  line.append(...heads);
  const top = element("thead");
  top.append(line);
  const body = element("tbody");
  body.append(...rows);
  table.replaceChildren(element("caption", caption), top, body);
}
