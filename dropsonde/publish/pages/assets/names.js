"use strict";
// Names of modules: what somebody types, and which are meant.

export const ROOT = new URL("../", import.meta.url);

export function pageOf(slug) {
  return new URL(`modules/${encodeURIComponent(slug)}.html`, ROOT);
}

const asked = new Map();

async function fetched(path) {
  const answer = await fetch(new URL(path, ROOT));
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

// A document. It is fetched once for a page, and again only if that failed.
export function load(path) {
  if (!asked.has(path)) {
    asked.set(path, fetched(path));
    asked.get(path).catch(() => asked.delete(path));
  }
  return asked.get(path);
}

// The words of what was typed, in small letters. author/name is author-name.
export function words(typed) {
  return typed.toLowerCase().replaceAll("/", "-").split(/[\s,]+/).filter(Boolean);
}

// Whether a name has all of the words, in any order.
export const matches = (slug, wanted) => {
  const name = slug.toLowerCase();
  return wanted.every((word) => name.includes(word));
};

// The whole name, then modules whose own name it is, or begins so, then names that do, then others.
export function ranked(slugs, typed) {
  const wanted = words(typed);
  if (!wanted.length) return [];
  const [first] = wanted;
  const place = (slug) => {
    const name = slug.toLowerCase();
    const own = name.slice(name.indexOf("-") + 1);
    if (name === wanted.join("-")) return 0;
    if (own === first) return 1;
    if (own.startsWith(first)) return 2;
    return name.startsWith(first) ? 3 : 4;
  };
  return slugs
    .filter((slug) => matches(slug, wanted))
    .map((slug) => [slug, place(slug)])
    .sort(([, one], [, other]) => one - other) // stable: in the order that they came in
    .map(([slug]) => slug);
}
