
"use strict";
// Tables are complete without this script; with it, they sort and filter.

const inOrder = new Intl.Collator("en", { numeric: true }).compare;

function sortable(table, head, index) {
  const numeric = head.classList.contains("number");
  const button = document.createElement("button");
  button.type = "button";
  button.append(...head.childNodes);
  head.append(button);
  button.addEventListener("click", () => {
    const before = head.getAttribute("aria-sort");
    // The largest numbers are wanted first; a second click turns the order round.
    const up = before ? before === "descending" : !numeric;
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const key = (row) => row.cells[index].textContent;
    const compare = numeric ? (one, two) => Number(one) - Number(two) : inOrder;
    const rows = [...table.tBodies[0].rows];
    rows.sort((one, two) => (up ? 1 : -1) * compare(key(one), key(two)));
    table.tBodies[0].append(...rows);
  });
}

function filterable(table, box) {
  const name = table.caption.textContent;
  const rows = [...table.tBodies[0].rows];
  const line = document.createElement("div");
  line.className = "filter";
  const label = document.createElement("label");
  label.textContent = `Filter ${name}`;
  const input = document.createElement("input");
  input.type = "search";
  input.autocomplete = "off";
  input.id = label.htmlFor = `filter-${name}`;
  const said = document.createElement("span");
  said.className = "quiet";
  said.setAttribute("role", "status");
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    let shown = 0;
    for (const row of rows) {
      row.hidden = ![...row.cells].some((cell) => cell.textContent.toLowerCase().includes(wanted));
      shown += row.hidden ? 0 : 1;
    }
    said.textContent = wanted ? `${shown} of ${rows.length} rows` : "";
  });
  line.append(label, input, said);
  box.before(line);
}

for (const table of document.querySelectorAll("table.rows")) {
  [...table.tHead.rows[0].cells].forEach((head, index) => sortable(table, head, index));
  if (table.tBodies[0].rows.length > 1) filterable(table, table.parentElement);
}
