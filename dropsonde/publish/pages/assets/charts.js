"use strict";
// A chart above each table that asks for one, of the measure that the page shows.

import { chart } from "./chart.js";

const page = document.documentElement;

for (const figure of document.querySelectorAll("[data-chart]")) {
  const table = figure.parentElement.querySelector("[data-charted]");
  let end = null;
  let shown = null;
  const draw = () => {
    const show = page.dataset.show ?? "share";
    if (show === shown) return;
    shown = show;
    end?.();
    end = chart(figure, table, show);
  };
  draw();
  new MutationObserver(draw).observe(page, { attributeFilter: ["data-show"] });
}
