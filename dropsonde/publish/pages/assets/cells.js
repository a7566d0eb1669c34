"use strict";
// A button that makes each number of the page a link to the cell of the document that it is from.

const root = new URL("../", import.meta.url);
const own = document.querySelector("main").dataset.document ?? "";
const button = document.querySelector("[data-cells]");

// A row may name what its numbers are members of.
function cellOf(number) {
  const { cell } = number.dataset;
  return cell.includes("#") ? cell : `${number.closest("[data-row]").dataset.row}/${cell}`;
}

function link(number) {
  if (!("cell" in number.dataset) || number.querySelector("a")) return;
  const cell = cellOf(number);
  const made = document.createElement("a");
  made.href = new URL(cell.startsWith("#") ? own + cell : cell, root).href;
  made.title = `From ${decodeURI(made.href.slice(root.href.length))}`;
  made.append(...number.childNodes);
  number.append(made);
}

function unlink(number) {
  const made = number.querySelector("a");
  made?.replaceWith(...made.childNodes);
}

const all = () => document.querySelectorAll("data");
const later = new MutationObserver(() => all().forEach(link)); // what scripts write meanwhile

button.addEventListener("click", () => {
  const on = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(on));
  later.disconnect();
  all().forEach(on ? link : unlink);
  if (on) later.observe(document.body, { childList: true, subtree: true });
});
button.parentElement.hidden = false;
