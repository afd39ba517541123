// Dates: the part of EDTF that the data and the documents use.

const DAY = 86_400_000;

/** Days since 1970-01-01. */
const day = (year, month, dayOfMonth) => Date.UTC(year, month - 1, dayOfMonth) / DAY;
const iso = (n) => (Number.isFinite(n) ? new Date(n * DAY).toISOString().slice(0, 10) : null);

/** The first and the last day of `2019`, `202X`, `2019-09`, `2019-09-24`, `202X-12-15`; null if it is no such date. */
function simple(text) {
  const match = /^(\d{3}[\dX])(?:-(\d\d)(?:-(\d\d))?)?$/.exec(text);
  if (!match) return null;
  const [, year, month, dayOfMonth] = match;
  const [from, to] = [year.replace("X", "0"), year.replace("X", "9")].map(Number);
  const last = (m) => new Date(Date.UTC(to, m, 0)).getUTCDate();
  if (month > 12 || month === "00" || dayOfMonth === "00" || dayOfMonth > last(Number(month))) return null;
  const m = Number(month ?? 1);
  const end = Number(month ?? 12);
  const names = year.includes("X") ? "YEARS" : dayOfMonth ? "DAY" : month ? "MONTH" : "YEAR";
  return {
    from: day(from, m, Number(dayOfMonth ?? 1)),
    to: day(to, end, Number(dayOfMonth ?? last(end))),
    precision: names,
  };
}

/** A date that a set lists: `1960`, `1960..1965`, `..1960`, `1960..`. */
function listed(text) {
  const [start, end] = (text.includes("..") ? text.split("..") : [text, text]).map((part) => part && simple(part));
  return start === null || end === null ? null : { from: start ? start.from : -Infinity, to: end ? end.to : Infinity };
}

/** Between which days a date lies, how precise it is, and what it lists if it is a set; null if it is none that is known here. */
export function range(text) {
  const set = /^(?:\[(.*)\]|\{(.*)\})$/.exec(text);
  if (set) {
    const list = (set[1] ?? set[2]).split(",").map(listed);
    if (list.includes(null)) return null;
    return { from: Math.min(...list.map((p) => p.from)), to: Math.max(...list.map((p) => p.to)), precision: "SET", list };
  }
  if (text.includes("/")) {
    const [start, end] = text.split("/").map((part) => (part === ".." ? { from: -Infinity, to: Infinity } : simple(part)));
    return start && end ? { from: start.from, to: end.to, precision: "INTERVAL" } : null;
  }
  return simple(text.replace(/[~?%]$/, ""));
}

/** A date as clients see it. */
export function dateOf(edtf) {
  const { from, to, precision, list } = range(edtf);
  return { edtf, from, to, list: list ?? [{ from, to }], earliest: iso(from), latest: iso(to), precision, isApproximate: /[~?%]/.test(edtf) };
}
