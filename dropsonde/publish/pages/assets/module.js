"use strict";
// A module's page: shares or sites (?show=sites), and a line below which a version or a family may be
// given up (?line=8). Texts of numbers are those of the page.

const address = () => new URL(location.href);

function remember(name, value, usual) {
  const found = address();
  if (value === usual) found.searchParams.delete(name);
  else found.searchParams.set(name, value);
  history.replaceState(null, "", found);
}

function measure(box) {
  const buttons = [...box.querySelectorAll("button")];
  const show = (what) => {
    document.documentElement.dataset.show = what;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.show === what));
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      show(button.dataset.show);
      remember("show", button.dataset.show, "share");
    });
  }
  show(address().searchParams.get("show") === "sites" ? "sites" : "share");
  box.hidden = false;
}

// Below only what is so beyond its error; what the error reaches across the line may be.
function stands(row, line) {
  const [share, error] = [...row.querySelectorAll(".as-share data")].map((each) => Number(each.value));
  if (share + error < line) return "below";
  return share - error < line ? "maybe" : "above";
}

function mark(row, state) {
  row.dataset.stands = state;
  row.querySelector(".stands")?.remove();
  if (state === "above") return;
  const said = document.createElement("span");
  said.className = "stands";
  said.textContent = state === "below" ? "below the line" : "may be below the line";
  row.querySelector(".label").append(" ", said);
}

const nameOf = (row) => row.querySelector(".label > :first-child").textContent;

function lined(box, line) {
  const rows = [...box.querySelectorAll("li")].filter((row) => row.querySelector(".as-share"));
  const found = { below: [], maybe: [], above: [] };
  for (const row of rows) {
    const state = stands(row, line);
    mark(row, state);
    found[state].push(nameOf(row));
  }
  const title = box.querySelector("h3").textContent;
  const parts = [`below the line: ${found.below.join(", ") || "none"}`];
  if (found.maybe.length) parts.push(`may be below: ${found.maybe.join(", ")}`);
  return `${title} ${parts.join("; ")}.`;
}

function support(section) {
  const box = section.querySelector(".line");
  const input = box.querySelector("input");
  const usual = input.value;
  const asked = address().searchParams.get("line");
  if (asked !== null && /^\d{1,2}$/.test(asked)) input.value = asked; // which keeps it in its bounds
  const draw = () => {
    box.querySelector("output").textContent = `${input.value}%`;
    const said = [...section.querySelectorAll("[data-lined]")].map((each) => lined(each, Number(input.value) / 100));
    box.querySelector("[role=status]").textContent = said.join(" ");
  };
  input.addEventListener("input", draw);
  input.addEventListener("change", () => remember("line", input.value, usual));
  draw();
  box.hidden = false;
}

for (const box of document.querySelectorAll("[data-measure]")) measure(box);
for (const section of document.querySelectorAll("[data-support]")) {
  if (section.querySelector(".line")) support(section);
}
