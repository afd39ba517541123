/**
 * Alphabetical orders of languages: those of `Intl.Collator`, which has the data of CLDR by ICU. Nothing of it is ours.
 */

import { refuse } from "./lists.mjs";

/** The languages that the server knows: with an alphabet of their own, and some of those without one. */
const OWN = "bg cs da el es et fi hr hu is ja lt lv mt no nb nn pl ro ru sk sl sr sv tr uk zh vi".split(" ");
const NONE = "de en fr it nl pt sw".split(" ");

/** Reads a language: its name in cursors, and how its names are compared. */
export function collation(tag) {
  let locale = null;
  try {
    locale = new Intl.Locale(tag);
  } catch {
    // Refused below.
  }
  const isKnown = [...OWN, ...NONE].includes(locale?.language) && locale.script !== "Hant" && locale.toString() !== "fr-CA";
  if (!isKnown) throw refuse("INVALID_ARGUMENT", `the alphabetical order of ${tag} is not known`);
  const { compare } = new Intl.Collator(tag, { sensitivity: "accent" });
  return { name: NONE.includes(locale.language) ? "root" : locale.language, compare };
}
