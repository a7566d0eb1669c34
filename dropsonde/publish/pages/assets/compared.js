"use strict";
// Tables of the modules that are compared. Each number says which cell it is from, as on all pages.

import { element, pageOf } from "./combobox.js";

function datum(value, cell, text = value.toLocaleString("en")) {
  return element("data", text, { value, "data-cell": cell });
}

function quiet(text) {
  return element("span", text, { class: "quiet" });
}

// A number with how far the truth may be from it, both from the same document.
function measured(value, error, at, [name, errorName], how, without) {
  const box = element("td", "", { class: "number" });
  if (value === null) {
    box.append(quiet(without));
  } else {
    const within = element("span", " ± ", { class: "error" });
    within.append(datum(error, `${at}/${errorName}`, how.error(error)));
    box.append(datum(value, `${at}/${name}`, how.number(value)), within);
  }
  return box;
}

const upwards = (value) => Math.ceil(value).toLocaleString("en");
const percent = (value) =>
  `${(value * 100).toFixed(value > 0 && value < 0.1 ? 1 : 0)}%`;
const percentUpwards = (value) =>
  value < 0.1 ? `${(Math.ceil(+(value * 1000).toFixed(6)) / 10).toFixed(1)}%` : `${Math.ceil(+(value * 100).toFixed(6))}%`;
const signed = (value) =>
  value < 0 ? `−${(-value).toLocaleString("en")}` : `${value > 0 ? "+" : ""}${value.toLocaleString("en")}`;
const SITES = { number: (value) => value.toLocaleString("en"), error: upwards };
const SHARE = { number: percent, error: percentUpwards };
const CHANGE = { number: signed, error: upwards };

function word(value, unknown) {
  const box = element("td");
  box.append(value === undefined ? quiet("not told") : value === null ? quiet(unknown) : element("bdi", value));
  return box;
}

function row(head, cells) {
  const made = element("tr");
  const first = element("th", "", { scope: "row" });
  first.append(head);
  made.append(first, ...cells);
  return made;
}

function fill(table, caption, heads, rows) {
  const line = element("tr");
  line.append(...heads);
  const head = element("thead");
  head.append(line);
  const body = element("tbody");
  body.append(...rows);
  table.replaceChildren(element("caption", caption), head, body);
}

const head = (text, attributes = {}) => element("th", text, { scope: "col", ...attributes });

// Sites of each week, the newest first.
export function trend(table, compare, chosen) {
  const lines = chosen.map((slug) => head(slug, { class: "number", "data-line": "" }));
  const rows = compare.weeks.map((week, place) => {
    const cells = chosen.map((slug) => {
      const names = [`modules/${slug}/${place}`, `errors/${slug}/${place}`];
      return measured(compare.modules[slug][place], compare.errors[slug][place], "v1/compare.json#", names, SITES, "not public");
    });
    return row(element("time", week, { datetime: week }), cells);
  });
  fill(table, "Sites over weeks", [head("Week"), ...lines], rows.reverse());
}

// The newest week's numbers of each module.
export function newest(table, documents) {
  const number = { class: "number" };
  const heads = [
    head("Module"), head("Sites", number), head("Of all sites", number), head("Change", number),
    head("Top major"), head("Top release"), head("Top platform"),
  ];
  const rows = documents.map((module) => {
    const at = `v1/modules/${module.module}.json#`;
    const part = (name, error, how, without) =>
      measured(module[name], module[error], at, [name, error], how, without);
    return row(element("a", module.module, { href: pageOf(module.module).href }), [
      part("sites", "error", SITES, "not public"),
      part("share", "share_error", SHARE, "not told"),
      part("change", "change_error", CHANGE, "not told"),
      word(module.majors[0]?.major, "no release of the Forge"),
      word(module.versions[0]?.version, "no release of the Forge"),
      word(module.platforms[0]?.platform, ""),
    ]);
  });
  fill(table, "In the newest week", heads, rows);
}
