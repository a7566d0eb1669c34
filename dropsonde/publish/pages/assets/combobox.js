"use strict";
// A search box over all public modules, as WAI-ARIA's combobox with a list.

const ROOT = new URL("../", import.meta.url);
const MOST = 8;

export function pageOf(slug) {
  return new URL(`modules/${encodeURIComponent(slug)}.html`, ROOT);
}

export async function load(path) {
  const answer = await fetch(new URL(path, ROOT));
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

export function element(name, text = "", attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text; // never markup: names are text
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// The whole name, then names that begin so, then modules whose own name does, then the others.
export function ranked(modules, typed) {
  const wanted = typed.trim().toLowerCase().replace("/", "-");
  if (!wanted) return [];
  const place = (slug) => {
    const name = slug.toLowerCase();
    if (name === wanted) return 0;
    if (name.slice(name.indexOf("-") + 1) === wanted) return 1;
    if (name.slice(name.indexOf("-") + 1).startsWith(wanted)) return 2;
    if (name.startsWith(wanted)) return 3;
    return name.includes(wanted) ? 4 : -1;
  };
  return modules
    .map(([slug, sites]) => ({ slug, sites, place: place(slug) }))
    .filter((found) => found.place >= 0)
    .sort((one, other) => one.place - other.place); // stable: most sites first
}

export function combobox(box, choose) {
  const input = box.querySelector("input");
  const list = box.querySelector("[role=listbox]");
  const said = box.querySelector("[role=status]");
  const sign = box.dataset.sign;
  let modules = null;
  let active = -1;

  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const activate = (place) => {
    const options = [...list.children];
    if (!options.length) return;
    active = (place + options.length) % options.length;
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === active)));
    input.setAttribute("aria-activedescendant", options[active].id);
  };
  const take = (option) => {
    close();
    input.value = "";
    said.textContent = "";
    choose(option.dataset.slug);
  };
  const show = (found) => {
    close();
    list.replaceChildren(
      ...found.slice(0, MOST).map(({ slug, sites }, at) => {
        const option = element("li", "", { role: "option", id: `found-${at}`, "aria-selected": "false" });
        option.dataset.slug = slug;
        option.append(element("span", slug), element("span", `${sign} ${sites.toLocaleString("en")} sites`));
        option.addEventListener("click", () => take(option));
        return option;
      }),
    );
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(Boolean(found.length)));
  };
  const search = async () => {
    try {
      modules ??= (await load("v1/search.json")).modules;
    } catch {
      said.textContent = "The list of modules cannot be loaded; try again later.";
      return;
    }
    const found = ranked(modules, input.value);
    show(found);
    const more = found.length > MOST ? `, the first ${MOST} are shown` : "";
    const count = found.length === 1 ? "1 module" : `${found.length || "No"} modules`;
    said.textContent = input.value.trim() ? `${count} found${more}` : "";
  };

  input.addEventListener("input", search);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) close(); // pressed again, it empties the box
    else if (event.key === "ArrowDown") activate(active + 1);
    else if (event.key === "ArrowUp") activate(active < 0 ? -1 : active - 1);
    else if (event.key === "Enter" && !list.hidden) take(list.children[Math.max(active, 0)]);
    else return;
    event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    if (!box.contains(event.target)) close();
  });
  box.hidden = false;
}
