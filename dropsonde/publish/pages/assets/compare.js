"use strict";
// Up to five modules beside each other. The address holds the choice: compare.html?m=a&m=b, or ?m=a,b

import { chart } from "./chart.js";
import { combobox } from "./combobox.js";
import { facts, sentences, trend } from "./compared.js";
import { load, pageOf, words } from "./names.js";
import { element } from "./numbers.js";

const MOST = 5;
const TITLE = document.title;
const find = (id) => document.getElementById(id);
const message = find("message");
const figure = document.querySelector("[data-chart]");
let known = null; // a name in small letters to the module
let chosen = [];
let endChart = null;
let turn = 0;

const tooMany = (left) => `At most five modules can be compared; left out: ${left.join(", ")}.`;
const unknown = (names) => `No such public module: ${names.join(", ")}.`;
const counted = () => new URLSearchParams(location.search).get("show") === "sites";

// What the address asks for, as far as there is such a thing; what there is not is said.
function take() {
  const asked = [...new Set(new URLSearchParams(location.search).getAll("m").flatMap(named))];
  const slugs = [...new Set(asked.map((name) => known.get(words(name).join(" "))))].filter(Boolean);
  const lost = asked.filter((name) => !known.has(words(name).join(" ")));
  chosen = slugs.slice(0, MOST);
  const said = [];
  if (lost.length) said.push(unknown(lost));
  if (slugs.length > MOST) said.push(tooMany(slugs.slice(MOST)));
  message.textContent = said.join(" ");
}

const named = (list) => list.split(",").map((name) => name.trim()).filter(Boolean);

function remember(change) {
  const address = new URL(location.href);
  change(address.searchParams);
  history.pushState(null, "", address);
}

function choose(slugs) {
  chosen = slugs;
  remember((asked) => {
    asked.delete("m");
    for (const slug of slugs) asked.append("m", slug);
  });
  message.textContent = "";
  show();
}

function add(slug) {
  if (chosen.includes(slug)) message.textContent = `${slug} is there already.`;
  else if (chosen.length >= MOST) message.textContent = tooMany([slug]);
  else choose([...chosen, slug]);
}

function chip(slug) {
  const made = element("li");
  const button = element("button", "×", { type: "button", "aria-label": `Remove ${slug}` });
  button.addEventListener("click", () => {
    choose(chosen.filter((other) => other !== slug));
    find("search").focus();
  });
  made.append(element("a", slug, { href: pageOf(slug).href }), button);
  return made;
}

const one = (slug) => load(`v1/modules/${encodeURIComponent(slug)}.json`);

function entitle() {
  document.title = chosen.length ? `${chosen.join(", ")} · ${TITLE}` : TITLE;
}

async function show() {
  turn += 1;
  const mine = turn;
  find("chosen").replaceChildren(...chosen.map(chip));
  entitle();
  if (!chosen.length) {
    find("result").hidden = true;
    return;
  }
  let found = null;
  try {
    found = await Promise.all(chosen.map(one));
  } catch {
    if (mine === turn) message.textContent = "A module’s document cannot be loaded; try again later.";
    return;
  }
  if (mine !== turn) return; // something else was chosen meanwhile
  for (const box of document.querySelectorAll("[name=show]")) box.checked = (box.value === "sites") === counted();
  endChart?.();
  find("result").hidden = false; // all at once, so that nothing moves
  facts(find("newest"), found);
  sentences(find("sentences"), found);
  trend(find("trend"), found, counted());
  endChart = chart(figure, find("trend"));
}

async function start() {
  try {
    const { modules, gone } = await load("v1/search.json");
    known = new Map([...modules, ...gone].map(([slug]) => [slug.toLowerCase(), slug]));
  } catch {
    message.textContent = "The numbers cannot be loaded; try again later.";
    return;
  }
  take();
  await show();
  combobox(document.querySelector("[data-search]"), add);
  for (const box of document.querySelectorAll("[name=show]")) {
    box.addEventListener("change", () => {
      remember((asked) => (box.value === "sites" ? asked.set("show", "sites") : asked.delete("show")));
      show();
    });
  }
  addEventListener("popstate", () => {
    take();
    show();
  });
}

start();
