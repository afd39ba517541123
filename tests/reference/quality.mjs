// Data quality: which issues a record has, as the schema describes them.

import { OPEN_PERIODS } from "./records.mjs";

const NEEDS_NO_SOURCE = ["Source", "Citation", "Topic", "AgreementParty"];

/** Dates of which the second does not lie before the first. */
const ORDERED = { Visit: [["start", "end"]], Event: [["start", "end"]], VisitStop: [["start", "end"]], Agreement: [["signed", "expires"]] };

/** Dates that are not known while the status is this. */
const NOT_YET = [
  ["Partnership", "active", "ended"], ["PartnershipParty", "active", "ended"], ["InnovationCenter", "active", "closed"],
  ["Agreement", "in_force", "ended"], ["Agreement", "planned", "signed"],
];

/** Dates that do not lie in the future when the status is this. */
const PASSED = [["Visit", "took_place", "start"], ["Event", "took_place", "start"], ["Agreement", "signed", "signed"]];

/** Dates that do not lie before one date, and after another, of the record that a reference leads to. */
const WITHIN = [
  ["Position", "start", "organization", "Organization", "founded", "dissolved"],
  ["Position", "end", "organization", "Organization", null, "dissolved"],
  ["Membership", "since", "organization", "Organization", "founded", "dissolved"],
  ["Membership", "until", "organization", "Organization", null, "dissolved"],
  ["Event", "start", "organizer", "Organization", "founded", "dissolved"],
  ["VisitStop", "start", "visit", "Visit", "start", "end"],
  ["VisitStop", "end", "visit", "Visit", null, "end"],
  ["PartnershipParty", "since", "partnership", "Partnership", "since", null],
  ["PartnershipParty", "ended", "partnership", "Partnership", null, "ended"],
];

const isBefore = (one, other) => one !== null && other !== null && one.to < other.from;

export class Quality {
  constructor(records) {
    this.records = records;
  }

  has(record, issue) {
    const citations = (stance) => this.records.related(record, "citations").filter(({ cells }) => cells.stance === stance);
    const isDenied = () => citations("contradicts").some(({ cells }) => cells.field === "exists");
    switch (issue) {
      case "WITHOUT_SOURCE": return !NEEDS_NO_SOURCE.includes(record.type) && citations("supports").length === 0;
      case "CONTRADICTED": return citations("contradicts").length > 0;
      case "DANGLING_POSITIONS": return record.type === "Position" && isDangling(record);
      case "OVERLAPPING_OFFICES": return record.type === "Position" && this.isElsewhere(record);
      case "SUSPICIOUS_DATES": return this.isSuspicious(record);
      case "ONE_SIDED_ENTRIES": return record.type === "Membership" ? isDenied() : this.isOneSided(record, isDenied);
    }
  }

  isOneSided(record, isDenied) {
    const { status } = record.cells;
    if (record.type !== "Partnership" || status === "refuted") return false;
    const parties = this.records.related(record, "parties").map(({ cells }) => cells.status);
    const isDoubted = (of) => ["unverified", "disputed"].includes(of);
    return isDoubted(status) || parties.some((of) => isDoubted(of) || of === "refuted") || isDenied();
  }

  isSuspicious(record) {
    const { type, cells } = record;
    const date = (column) => this.records.date(record, column);
    const [first, last] = OPEN_PERIODS[type] ?? [];
    const ordered = [...(ORDERED[type] ?? []), ...(first ? [[first, last]] : [])];
    if (ordered.some(([one, other]) => isBefore(date(other), date(one)))) return true;
    const isOf = ([of, status]) => of === type && cells.status === status;
    if (NOT_YET.filter(isOf).some(([, , column]) => date(column) !== null)) return true;
    const tomorrow = Math.floor(Date.now() / 86_400_000) + 1;
    if (PASSED.filter(isOf).some(([, , column]) => date(column)?.from > tomorrow)) return true;
    const isSingle = type === "Visit" || (type === "Event" && cells.is_series !== "true");
    if (isSingle && date("start") && date("end") && date("end").from - date("start").to + 1 > 60) return true;
    return WITHIN.filter(([of]) => of === type).some(([, column, reference, target, from, to]) => {
      const other = this.records.referred(record, reference, target);
      const theirs = (name) => (other && name ? this.records.date(other, name) : null);
      return isBefore(date(column), theirs(from)) || isBefore(theirs(to), date(column));
    });
  }

  /** The days between those on which a position is known to have been held. */
  certain(position) {
    const known = ["start", "end", "as_of"].map((column) => this.records.date(position, column)).filter(Boolean);
    return { first: Math.min(...known.map(({ to }) => to)), last: Math.max(...known.map(({ from }) => from)) };
  }

  /** Whether the official certainly held another position at the same time, in another city. */
  isElsewhere(position) {
    const city = (of) => this.records.referred(of, "city", "City");
    const start = (of) => this.records.date(of, "start")?.to;
    const here = city(position);
    const own = this.certain(position);
    const official = this.records.referred(position, "official", "Official");
    return here !== null && this.records.related(official, "positions").some((other) => {
      const there = city(other);
      const theirs = this.certain(other);
      const isApart = there !== null && there !== here && there.cells.parent !== here.key && here.cells.parent !== there.key;
      const { organization } = position.cells;
      if (!isApart || (organization !== null && organization === other.cells.organization)) return false;
      const meets = Math.max(own.first, theirs.first) <= Math.min(own.last, theirs.last);
      // One starts on the last day of the other, of which nothing before is certain.
      const follows = (last, next, first) => start(next) === last && first >= last;
      return meets && !follows(own.last, other, theirs.first) && !follows(theirs.last, position, own.first);
    });
  }
}

function isDangling({ cells }) {
  const isEmpty = (...columns) => columns.every((column) => cells[column] === null);
  return isEmpty("organization", "city") || isEmpty("start", "end", "as_of");
}

/** `danglingPositions` → `DANGLING_POSITIONS`. */
export const issueOf = (field) => field.replace(/[A-Z]/g, (c) => `_${c}`).toUpperCase();
