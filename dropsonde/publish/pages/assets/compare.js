"use strict";
// Up to five modules beside each other. The address holds the choice: compare.html?m=a&m=b

import { chart } from "./chart.js";
import { combobox, element, load, pageOf } from "./combobox.js";
import { newest, trend } from "./compared.js";

const MOST = 5;
const find = (id) => document.getElementById(id);
const message = find("message");
const figure = document.querySelector("[data-chart]");
const documents = new Map();
let compare = null;
let chosen = [];
let endChart = null;
let turn = 0;

const tooMany = (left) => `At most five modules can be compared; left out: ${left.join(", ")}.`;

// What the address asks for, as far as there is such a thing; what there is not is said.
function take() {
  const asked = [...new Set(new URLSearchParams(location.search).getAll("m"))];
  const known = asked.filter((slug) => Object.hasOwn(compare.modules, slug));
  const unknown = asked.filter((slug) => !known.includes(slug));
  chosen = known.slice(0, MOST);
  const said = [];
  if (unknown.length) said.push(`No such public module: ${unknown.join(", ")}.`);
  if (known.length > MOST) said.push(tooMany(known.slice(MOST)));
  message.textContent = said.join(" ");
}

function choose(slugs) {
  chosen = slugs;
  const address = new URL(location.href);
  address.searchParams.delete("m");
  for (const slug of slugs) address.searchParams.append("m", slug);
  history.pushState(null, "", address);
  message.textContent = "";
  show();
}

function add(slug) {
  if (chosen.includes(slug)) message.textContent = `${slug} is there already.`;
  else if (!Object.hasOwn(compare.modules, slug)) message.textContent = `No such public module: ${slug}.`;
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

async function one(slug) {
  if (!documents.has(slug)) {
    documents.set(slug, await load(`v1/modules/${encodeURIComponent(slug)}.json`));
  }
  return documents.get(slug);
}

async function show() {
  turn += 1;
  const mine = turn;
  find("chosen").replaceChildren(...chosen.map(chip));
  endChart?.();
  endChart = null;
  find("result").hidden = !chosen.length;
  if (!chosen.length) return;
  trend(find("trend"), compare, chosen);
  endChart = chart(figure, find("trend"));
  try {
    const found = await Promise.all(chosen.map(one));
    if (mine === turn) newest(find("newest"), found); // nothing else was chosen meanwhile
  } catch {
    message.textContent = "A module’s document cannot be loaded; try again later.";
  }
}

async function start() {
  try {
    compare = await load("v1/compare.json");
  } catch {
    message.textContent = "The numbers cannot be loaded; try again later.";
    return;
  }
  take();
  await show();
  combobox(document.querySelector("[data-search]"), add);
  addEventListener("popstate", () => {
    take();
    show();
  });
}

start();
