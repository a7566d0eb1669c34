"use strict";
// How numbers are written: the rule of pages/wording.py, which says why. A test has both write the same.

const tenths = (value) => Math.floor(Number((value * 1000).toFixed(6)) + 0.5) / 10; // a half goes up
const whole = (value) => Math.floor(Number((value * 100).toFixed(6)) + 0.5);
const MINUS = "\u2212";

// A whole number.
export function number(value) {
  return `${value < 0 ? MINUS : ""}${Math.abs(value).toLocaleString("en")}`;
}

export function signed(value) {
  return `${value > 0 ? "+" : ""}${number(value)}`;
}

export function upwards(value) {
  return Math.ceil(value).toLocaleString("en");
}

export function percent(value) {
  const size = Math.abs(value);
  const said = size > 0 && size < 0.1 ? tenths(size).toFixed(1) : String(whole(size));
  return `${value < 0 && Number(said) ? MINUS : ""}${said}%`;
}

export function signed_percent(value) {
  const said = tenths(Math.abs(value)).toFixed(1);
  if (!Number(said)) return `${said}%`;
  return `${value > 0 ? "+" : MINUS}${said}%`;
}

export function percent_upwards(value) {
  if (value < 0.1) return `${(Math.ceil(Number((value * 1000).toFixed(6))) / 10).toFixed(1)}%`;
  return `${Math.ceil(Number((value * 100).toFixed(6)))}%`;
}
