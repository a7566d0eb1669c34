"use strict";
// A search box over all modules that are or were public, as WAI-ARIA's combobox with a list.

import { everything, told } from "./known.js";
import { ranked, words } from "./names.js";
import { element } from "./numbers.js";

const MOST = 8;

// Args: the box; what to do with a name; what to do with words that the reader wants all results of.
export function combobox(box, choose, all = null) {
  const input = box.querySelector("input");
  const list = box.querySelector("[role=listbox]");
  const said = box.querySelector("[role=status]");
  let known = null;
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
    const typed = input.value;
    close();
    if (option.dataset.slug === undefined) {
      all(typed);
      return;
    }
    input.value = "";
    said.textContent = "";
    choose(option.dataset.slug);
  };
  const entry = (at, ...parts) => {
    const option = element("li", "", { role: "option", id: `found-${at}`, "aria-selected": "false" });
    option.append(...parts);
    option.addEventListener("mousedown", (event) => event.preventDefault()); // the box keeps the focus
    option.addEventListener("click", () => take(option));
    return option;
  };
  const show = (found) => {
    close();
    const options = found.slice(0, MOST).map((slug, at) => {
      const option = entry(at, element("span", slug), element("span", known.about.get(slug)));
      option.dataset.slug = slug;
      return option;
    });
    if (all && found.length > MOST) options.push(entry(MOST, element("span", `All ${found.length}, with their numbers`)));
    list.replaceChildren(...options);
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(Boolean(found.length)));
  };
  const search = async () => {
    const typed = input.value;
    const late = () => input.value !== typed; // something else was typed meanwhile
    let text = "";
    try {
      known ??= await everything();
      if (late()) return;
      const found = ranked(known.slugs, typed);
      show(found);
      if (typed.trim()) text = await told(found, known, MOST, words(typed));
    } catch {
      text = "The list of modules cannot be loaded; try again later.";
    }
    if (!late()) said.textContent = text;
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
  box.addEventListener("focusout", (event) => {
    if (!box.contains(event.relatedTarget)) close();
  });
  box.hidden = false;
}
