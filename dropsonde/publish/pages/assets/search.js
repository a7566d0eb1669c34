"use strict";
// Search as you type; what is chosen is opened, and all that was found is a table.

import { combobox } from "./combobox.js";
import { pageOf, ROOT } from "./names.js";

function all(typed) {
  const address = new URL("modules.html", ROOT);
  address.searchParams.set("q", typed.trim());
  location.assign(address);
}

for (const box of document.querySelectorAll("[data-search]")) {
  combobox(box, (slug) => location.assign(pageOf(slug)), all);
}
