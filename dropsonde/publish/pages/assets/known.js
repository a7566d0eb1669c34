"use strict";
// Which modules are public, which were, and what that says of a search.

import { load, matches } from "./names.js";
import { number, percent } from "./wording.js";

const NAMED = 5; // of modules that are not shown

// Names with what is said of each: those that are public, then those that were.
export async function everything() {
  const { modules, gone } = await load("v1/search.json");
  const about = new Map(modules.map(([slug, share]) => [slug, share === null ? "public" : `≈ ${percent(share)} of sites`]));
  for (const [slug, week] of gone) about.set(slug, `was public until ${week}`);
  return { about, slugs: [...about.keys()], shown: new Set(modules.map(([slug]) => slug)) };
}

// What is told of words that fit no module that is or was public; the Forge's others are asked for only then.
async function others(wanted) {
  const forge = await load("v1/forge.json");
  if (!forge.known) return "No public module has this name. Whether the Forge has one that too few sites use is not known here.";
  const found = forge.modules.filter((slug) => matches(slug, wanted));
  if (!found.length) return "The Forge has no module of this name.";
  const more = found.length > NAMED ? ` and ${number(found.length - NAMED)} more` : "";
  return `On the Forge, but too few sites to show: ${found.slice(0, NAMED).join(", ")}${more}.`;
}

// What was found, in a sentence.
export async function told(found, known, most, wanted) {
  const shown = found.filter((slug) => known.shown.has(slug)).length;
  if (!found.length) return others(wanted);
  const more = found.length > most ? `, the first ${most} are shown` : "";
  if (!shown) return `No longer public: too few sites, or hidden by noise${more}`;
  const past = found.length > shown ? `, ${found.length - shown} of which no longer public` : "";
  return `${found.length === 1 ? "1 module" : `${found.length} modules`} found${past}${more}`;
}
