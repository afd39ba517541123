// Claims: what sources state about the fields of a record.

import { byBytes } from "./lists.mjs";

/** A source and all that it derives from. */
function lineage(records, source, found = new Set()) {
  if (found.has(source)) return found;
  found.add(source);
  for (const origin of records.related(source, "derivesFrom")) lineage(records, origin, found);
  return found;
}

/** How many sources are independent: a source joins all groups with which it has an origin in common. */
function independent(records, sources) {
  let groups = [];
  for (const source of sources) {
    const own = lineage(records, source);
    const joined = groups.filter((group) => [...group].some((one) => own.has(one)));
    groups = [...groups.filter((group) => !joined.includes(group)), new Set([...own, ...joined.flatMap((group) => [...group])])];
  }
  return groups.length;
}

export function claims(records, record, { field: asked }) {
  const about = records.related(record, "citations").filter(({ cells }) => asked == null || cells.field === asked);
  about.sort((a, b) => byBytes(a.uuid, b.uuid));
  const groups = new Map();
  for (const citation of about) {
    const { field, stance, claimed_value: value } = citation.cells;
    const key = JSON.stringify([field, stance, value]);
    if (!groups.has(key)) groups.set(key, { field, stance, value, citations: [] });
    groups.get(key).citations.push(citation);
  }
  const all = [...groups.values()].map((claim) => {
    const sources = claim.citations.map((citation) => records.referred(citation, "source", "Source"));
    return { ...claim, stance: claim.stance.toUpperCase(), independentSources: independent(records, sources) };
  });
  const byValue = (a, b) => (a === null || b === null ? (a !== null) - (b !== null) : byBytes(a, b));
  return all.sort(
    (a, b) => byBytes(a.field, b.field) || b.independentSources - a.independentSources
      || byBytes(a.stance, b.stance) || byValue(a.value, b.value),
  );
}
