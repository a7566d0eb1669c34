"use strict";
// Which modules are public, which were, and what that says of a search.

import { load } from "./names.js";
import { number } from "./wording.js";

// Names with what is said of each: those that are public, then those that were.
export async function everything() {
  const { modules, gone } = await load("v1/search.json");
  const about = new Map(modules.map(([slug, sites]) => [slug, `≈ ${number(sites)} sites`]));
  for (const [slug, week] of gone) about.set(slug, `was public until ${week}`);
  return { about, slugs: [...about.keys()], shown: new Set(modules.map(([slug]) => slug)) };
}

// What was found, in a sentence. Which modules the Forge has is not known here.
export function told(found, known, most) {
  const shown = found.filter((slug) => known.shown.has(slug)).length;
  if (!found.length) return "No public module has this name. Whether the Forge has one that too few sites use is not known here.";
  const more = found.length > most ? `, the first ${most} are shown` : "";
  if (!shown) return `No longer public: too few sites, or hidden by noise${more}`;
  const past = found.length > shown ? `, ${found.length - shown} of which no longer public` : "";
  return `${found.length === 1 ? "1 module" : `${found.length} modules`} found${past}${more}`;
}
