"use strict";
// A chart above each table that asks for one.

import { chart } from "./chart.js";

for (const figure of document.querySelectorAll("[data-chart]")) {
  chart(figure, figure.parentElement.querySelector("[data-charted]"));
}
