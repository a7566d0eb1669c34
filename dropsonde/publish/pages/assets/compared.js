"use strict";
// Tables of the modules that are compared: each module a column.

import { ordinal, weekOf } from "./charted.js";
import { pageOf } from "./names.js";
import { CHANGE, element, fill, head, measured, numbers, quiet, row, SHARE, SHARE_CHANGE, SITES } from "./numbers.js";

const LISTED = 3; // versions and platforms of each

const at = (module) => `v1/modules/${module.module}.json#`;

// Shares, or sites, of each week, the newest first; weeks without a release say so.
export function trend(table, documents, counted) {
  const [name, how] = counted ? ["sites", SITES] : ["share", SHARE];
  const heads = documents.map(({ module }) => head(module, { class: "number", "data-line": "" }));
  const weeks = documents[0].trend.map(({ week }) => week); // of all documents the same
  const places = new Map(weeks.map((week, place) => [ordinal(week), place]));
  const rows = [];
  for (let x = ordinal(weeks.at(-1)); x >= ordinal(weeks[0]); x -= 1) {
    const first = element("time", weekOf(x), { datetime: weekOf(x) });
    const place = places.get(x);
    if (place === undefined) {
      const missing = row(first, [element("td", "not released", { class: "quiet", colspan: documents.length })]);
      missing.dataset.missing = "";
      rows.push(missing);
    } else {
      const cell = (module) => measured(module.trend[place], name, `${at(module)}/trend/${place}`, how);
      rows.push(row(first, documents.map(cell)));
    }
  }
  fill(table, counted ? "Sites over weeks" : "Share of all sites over weeks", [head("Week"), ...heads], rows);
}

// The most used of a list, each with its share of the module's sites, or the sites if there is none.
function most(list, key, unknown, ending = "") {
  return (module) => {
    const box = element("td");
    const lines = element("ul", "", { class: "few" });
    module[list].slice(0, LISTED).forEach((each, place) => {
      const line = element("li");
      const how = each.share === null || each.share === undefined ? ["sites", SITES] : ["share", SHARE];
      line.append(each[key] === null ? quiet(unknown) : element("bdi", `${each[key]}${ending}`), " ");
      line.append(...numbers(each, how[0], `${at(module)}/${list}/${place}`, how[1]));
      if (how[0] === "sites") line.append(" sites");
      lines.append(line);
    });
    box.append(lines.children.length ? lines : quiet("not public"));
    return box;
  };
}

const part = (name, how) => (module) => measured(module, name, at(module), how);

// Over the longest stretch of weeks that all documents have.
function change(name, how) {
  return (module) => {
    const place = module.changes.length - 1;
    if (place < 0) return part("change", CHANGE)(module);
    return measured(module.changes[place], name, `${at(module)}/changes/${place}`, how);
  };
}

// The newest week's numbers: what decides stands in rows, so that five modules fit beside each other.
export function facts(table, documents) {
  const since = documents[0].changes.at(-1)?.since;
  const over = (text) => {
    const box = element("span", text);
    if (since) box.append(" since ", element("time", since, { datetime: since }));
    return box;
  };
  const lines = [
    ["Share of all sites", part("share", SHARE)],
    ["Sites", part("sites", SITES)],
    ...(since ? [[over("Change of the share"), change("share_change", SHARE_CHANGE)], [over("Change of sites"), change("change", CHANGE)]] : []),
    ["Unused, of its sites", part("unused_share", SHARE)],
    ["Sites that do not use it", part("unused", SITES)],
    ["Most used majors", most("majors", "major", "no release of the Forge", ".x")],
    ["Most used releases", most("versions", "version", "no release of the Forge")],
    ["Platforms", most("platforms", "platform", "others")],
  ];
  const heads = documents.map(({ module }) => {
    const made = head("");
    made.append(element("a", module, { href: pageOf(module).href }));
    return made;
  });
  const rows = lines.map(([said, cell]) => row(said, documents.map(cell)));
  fill(table, "In the newest week", [head("What"), ...heads], rows);
}

// What each module's document says in words.
export function sentences(box, documents) {
  const told = documents.filter(({ said }) => said.length);
  box.replaceChildren(
    ...told.map(({ module, said }) => {
      const list = element("ul");
      list.append(...said.map(({ text }) => element("li", `${text}.`)));
      const part = element("div");
      part.append(element("h3", module), list);
      return part;
    }),
  );
  box.hidden = !told.length;
}
