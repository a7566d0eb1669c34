"use strict";
// The badge's Markdown with this site's own address, and a button that copies it.

const root = new URL("../", import.meta.url);
for (const place of document.querySelectorAll("[data-address]")) place.textContent = root.href;
for (const box of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue; // only pages that came safely may copy
  const button = document.createElement("button");
  const said = document.createElement("span");
  button.type = "button";
  button.textContent = "Copy";
  said.setAttribute("role", "status");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(box.querySelector("pre").textContent);
      said.textContent = " Copied";
    } catch {
      said.textContent = " The browser does not allow it";
    }
  });
  box.append(button, said);
}
