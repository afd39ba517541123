// Timelines: what happened to records, in the order of the dates.

import { TimelineGroups } from "./groups.mjs";
import { refuse } from "./lists.mjs";
import { fold } from "./records.mjs";

/** What can happen, in the order of the schema: the word, the type of the record, and the column of the date. */
const MOMENTS = [
  ["VISIT", "Visit", "start"], ["EVENT", "Event", "start"],
  ["PARTNERSHIP_BEGAN", "Partnership", "since"], ["PARTNERSHIP_ENDED", "Partnership", "ended"],
  ["AGREEMENT_SIGNED", "Agreement", "signed"], ["AGREEMENT_ENDED", "Agreement", "ended"],
  ["INNOVATION_CENTER_FOUNDED", "InnovationCenter", "founded"], ["INNOVATION_CENTER_CLOSED", "InnovationCenter", "closed"],
  ["ORGANIZATION_FOUNDED", "Organization", "founded"], ["ORGANIZATION_DISSOLVED", "Organization", "dissolved"],
  ["POSITION_BEGAN", "Position", "start"], ["POSITION_ATTESTED", "Position", "as_of"], ["POSITION_ENDED", "Position", "end"],
  ["MEMBERSHIP_BEGAN", "Membership", "since"], ["MEMBERSHIP_ENDED", "Membership", "until"],
  ["CITY_FOUNDED", "City", "founded"], ["CITY_DISSOLVED", "City", "dissolved"],
  ["COUNTRY_DISSOLVED", "Country", "dissolved"],
];

/** The lists of a record whose records are on its timeline; of those with a second word, what they refer to. */
const LISTS = {
  City: [
    "visits", "events", "participations activity", "partnerships", "partnershipParties partnership", "agreementParties agreement",
    "organizations", "innovationCenters", "positions", "memberships",
  ],
  Country: [
    "visits", "participations activity", "partnershipParties partnership", "agreementParties agreement", "organizations",
    "cities/events", "cities/partnerships", "cities/innovationCenters",
  ],
  Official: ["participations activity", "signedAgreements agreement", "positions", "memberships"],
  Organization: [
    "participations activity", "organizedEvents", "partnershipParties partnership", "agreementParties agreement",
    "innovationCenters", "jointInnovationCenters", "positions", "members", "memberships",
  ],
};

export class Timeline {
  constructor(lists) {
    this.lists = lists;
    this.records = lists.records;
  }

  /** The records on the timeline of one, or all. */
  related(parent) {
    if (parent === null) return [...this.records.byId.values()];
    const all = LISTS[parent.type].flatMap((path) => {
      const [fields, reference] = path.split(" ");
      const follow = (found, field) => found.flatMap((one) => this.records.related(one, field));
      const found = fields.split("/").reduce(follow, [parent]);
      const type = { partnership: "Partnership", agreement: "Agreement" }[reference] ?? null;
      return reference ? found.map((one) => this.records.referred(one, reference, type)) : found;
    });
    return [...new Set([parent, ...all])];
  }

  entries(parent) {
    const related = this.related(parent);
    return MOMENTS.flatMap(([kind, type, column], position) => {
      const dated = related.filter((one) => one.type === type && this.records.date(one, column) !== null);
      return dated.map((record) => ({ kind, position, column, record, date: this.records.date(record, column) }));
    });
  }

  /** The page that a client asks for of the timeline of a record, or of all. */
  page(parent, args) {
    for (const [argument, n] of [["first", args.first], ["last", args.last]]) {
      if (n != null && (n < 0 || n > 100)) throw refuse("INVALID_PAGE", `${argument} is ${n}`);
    }
    if (args.first != null && args.last != null) throw refuse("INVALID_PAGE", "both `first` and `last` are given");
    const order = args.orderBy ?? "DATE_ASC";
    const [end, sign] = order === "DATE_ASC" ? ["from", 1] : ["to", -1];
    const number = (a, b) => (a === b ? 0 : a < b ? -1 : 1);
    const compare = (a, b) => sign * (number(a.date[end], b.date[end]) || number(a.record.uuid, b.record.uuid) || a.position - b.position);
    const [after, before] = [args.after, args.before].map((cursor) => (cursor == null ? null : this.meaning(cursor, order)));
    const dates = Object.entries(args.date ?? {}).map(([how, wanted]) => {
      if (wanted === null) throw refuse("INVALID_ARGUMENT", `${how} is null`);
      // What is wrong with it is an error whatever the entries.
      this.lists.within("start", how, wanted);
      return (one) => this.lists.within(one.column, how, wanted)(one.record);
    });
    const passes = (one) => (args.kinds == null || args.kinds.includes(one.kind)) && dates.every((test) => test(one));
    const list = this.entries(parent).filter(passes).sort(compare);
    let low = after ? list.filter((item) => compare(item, after) <= 0).length : 0;
    let high = before ? list.filter((item) => compare(item, before) < 0).length : list.length;
    if (args.last != null) low = Math.max(low, high - args.last);
    else high = Math.min(high, low + (args.first ?? 20));
    const nodes = list.slice(low, high);
    const cursor = (one) => (one ? `cursor!TimelineEntry!${order}!${one.kind}!${one.record.key}` : null);
    return {
      nodes,
      edges: nodes.map((node) => ({ node, cursor: cursor(node) })),
      pageInfo: {
        hasNextPage: high < list.length, hasPreviousPage: low > 0,
        startCursor: cursor(nodes[0]), endCursor: cursor(nodes.at(-1)),
      },
      totalCount: list.length,
      groups: (asked) => new TimelineGroups(this.lists, "TimelineEntry").page(list, asked),
    };
  }

  /** The entry at which a cursor of the server stands. */
  meaning(cursor, order) {
    const [, type, ofOrder, kind, key] = this.lists.cursors.get(cursor)?.split("!") ?? [];
    if (type !== "TimelineEntry" || ofOrder !== order) throw refuse("INVALID_CURSOR", `${cursor} is no cursor of this list`);
    const position = MOMENTS.findIndex(([word]) => word === kind);
    const [, member, column] = MOMENTS[position];
    const record = this.records.get(member, key);
    return { kind, position, record, date: this.records.date(record, column) };
  }
}

/** What the positions of an official tell of: those of the same office, unless their dates contradict each other. */
export function tenures(records, official) {
  const dates = (position) => ["start", "end", "as_of"].map((column) => records.date(position, column));
  const first = (all) => Math.min(...all.filter(Boolean).map((date) => date.from));
  const positions = records.related(official, "positions").map((position) => ({ position, dates: dates(position) }));
  positions.sort((a, b) => first(a.dates) - first(b.dates) || (a.position.uuid < b.position.uuid ? -1 : 1));
  const found = [];
  for (const { position, dates: [start, end, day] } of positions) {
    const { organization, city } = position.cells;
    const office = JSON.stringify([fold(position.main), organization, city]);
    const join = (tenure) => {
      const [from, to] = [agreed(tenure.start, start), agreed(tenure.end, end)];
      const attested = [...tenure.attested, ...(day ? [day] : [])];
      const before = (one, other) => !one || !other || one.from <= other.to;
      const fits = from !== false && to !== false && before(from, to) && attested.every((one) => before(from, one) && before(one, to));
      return fits ? { office, start: from, end: to, attested, positions: [...tenure.positions, position] } : null;
    };
    const known = found.findIndex((tenure) => tenure.office === office && join(tenure) !== null);
    if (known >= 0) found[known] = join(found[known]);
    else found.push(join({ start: null, end: null, attested: [], positions: [] }));
  }
  const day = ({ start, end, attested }) => first([start, ...attested, end]);
  const compare = (a, b) => (day(a) === day(b) ? 0 : day(a) - day(b));
  return found.sort(compare);
}

/** The more precise of two dates that can be the same day; `false` if they cannot. */
function agreed(one, other) {
  if (!one || !other) return one ?? other;
  if (one.from > other.to || other.from > one.to) return false;
  return other.to - other.from < one.to - one.from ? other : one;
}
