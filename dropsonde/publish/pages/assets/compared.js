"use strict";
// Tables of the modules that are compared. Each number says which cell it is from, as on all pages.

import { element, pageOf } from "./combobox.js";

function datum(value, cell, text = value.toLocaleString("en")) {
  return element("data", text, { value, "data-cell": cell });
}

function quiet(text) {
  return element("span", text, { class: "quiet" });
}

// A number of sites with how exact it is.
function sites(value, cell, precision, where) {
  const box = element("td", "", { class: "number" });
  if (value === null) {
    box.append(quiet("not public"));
  } else if (precision?.step !== undefined) {
    box.append("≥ ", datum(value, cell));
  } else {
    box.append(datum(value, cell));
    if (precision?.error !== undefined) {
      const error = element("span", " ± ", { class: "error" });
      const text = Math.ceil(precision.error).toLocaleString("en");
      error.append(datum(precision.error, `${where}/error`, text));
      box.append(error);
    }
  }
  return box;
}

function told(value, cell, text) {
  const box = element("td", "", { class: "number" });
  box.append(value === null ? quiet("not told") : datum(value, cell, text(value)));
  return box;
}

const percent = (value) =>
  `${(value * 100).toFixed(value > 0 && value < 0.1 ? 1 : 0)}%`;
const signed = (value) =>
  value < 0 ? `−${(-value).toLocaleString("en")}` : `${value > 0 ? "+" : ""}${value.toLocaleString("en")}`;

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
    const where = `v1/compare.json#/precision/${place}/module_usage`;
    const cells = chosen.map((slug) =>
      sites(
        compare.modules[slug][place],
        `v1/compare.json#/modules/${slug}/${place}`,
        compare.precision[place].module_usage,
        where,
      ),
    );
    return row(element("time", week, { datetime: week }), cells);
  });
  fill(table, "Sites over weeks", [head("Week"), ...lines], rows.reverse());
}

// The newest week's numbers of each module.
export function newest(table, documents) {
  const number = { class: "number" };
  const heads = [
    head("Module"), head("Sites", number), head("Of all sites", number), head("Change", number),
    head("Most used major version"), head("Most used release"), head("Most used platform"),
  ];
  const rows = documents.map((module) => {
    const at = `v1/modules/${module.module}.json#`;
    const usage = module.precision.module_usage;
    return row(element("a", module.module, { href: pageOf(module.module).href }), [
      sites(module.sites, `${at}/sites`, usage, `${at}/precision/module_usage`),
      told(module.share, `${at}/share`, percent),
      told(module.change, `${at}/change`, signed),
      word(module.majors[0]?.major, "no release of the Forge"),
      word(module.versions[0]?.version, "no release of the Forge"),
      word(module.platforms[0]?.platform, ""),
    ]);
  });
  fill(table, "In the newest week", heads, rows);
}
