"use strict";
// Search as you type; what is chosen is opened.

import { combobox, pageOf } from "./combobox.js";

for (const box of document.querySelectorAll("[data-search]")) {
  combobox(box, (slug) => location.assign(pageOf(slug)));
}
