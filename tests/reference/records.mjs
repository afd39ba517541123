// The exported data in memory: records by kind and key, and how they hang together.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { dateOf } from "./dates.mjs";

/** `InnovationCenter` → `innovation_center`, `asOf` → `as_of`. */
export const snake = (name) => name.replace(/(?<=.)[A-Z]/g, (c) => `_${c}`).toLowerCase();

/** `innovation_center` → `InnovationCenter`. */
const pascal = (kind) => kind.replace(/(^|_)([a-z])/g, (_, __, c) => c.toUpperCase());

/** What is typed for Latin letters that have no decomposition. */
const TYPED = { ł: "l", ø: "o", đ: "d", ð: "d", þ: "th", ß: "ss", æ: "ae", œ: "oe", ı: "i", ħ: "h" };

/** The marks of letters whose marks are diacritics. */
const DIACRITICS = /(?<=[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Hebrew}\p{Script=Arabic}]\p{M}*)\p{M}/gu;

/** A name without the differences that people do not type, as lists are ordered by it. */
export const fold = (text) =>
  text.normalize("NFKD").replace(DIACRITICS, "").toLowerCase().replace(/[łøđðþßæœıħ]/g, (c) => TYPED[c])
    .replace(/[’‘ʻʼ`]/g, "'").replace(/\p{Dash}/gu, "-").replace(/[・•]/g, "·").replace(/\s+/g, " ").normalize("NFC");

/** The kinds of names, in the order of the schema; the usual name has none. */
export const NAME_KINDS = [null, "official", "exonym", "short", "transliterated", "alternative", "former"];

/** Rows of a CSV file (RFC 4180), each an object by header; an empty cell is `null`. */
export function readCsv(file) {
  const rows = [[]];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/gy;
  const text = readFileSync(file, "utf8");
  while (cell.lastIndex < text.length) {
    const [, quoted, plain, end] = cell.exec(text);
    rows.at(-1).push(quoted?.replaceAll('""', '"') ?? plain);
    if (end !== ",") rows.push([]);
  }
  const [headers, ...bodies] = rows.filter((row) => row.length > 0);
  return bodies.map((row) => Object.fromEntries(headers.map((header, i) => [header, row[i] || null])));
}

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** The global id of a record, after the TypeID specification: 128 bits in base 32. */
function typeId(kind, uuid) {
  const n = BigInt(`0x${uuid.replaceAll("-", "")}`);
  const digits = Array.from({ length: 26 }, (_, i) => ALPHABET[Number((n >> BigInt(5 * (25 - i))) & 31n)]);
  return `${kind}_${digits.join("")}`;
}

const plural = (kind) => (kind.endsWith("y") ? `${kind.slice(0, -1)}ies` : `${kind}s`);

/** Which records hang on a record: the type of them, and their column that refers to it. */
const HANGING = {
  "Country.cities": ["City", "country"],
  "Country.organizations": ["Organization", "country"],
  "Country.territories": ["Country", "sovereign"],
  "Country.predecessors": ["Country", "successors"],
  "Country.visitStops": ["VisitStop", "country"],
  "Country.agreementParties": ["AgreementParty", "party"],
  "Country.partnershipParties": ["PartnershipParty", "party"],
  "Country.visitsFrom": ["Visit", "from_country"],
  "Country.visitsTo": ["Visit", "to_country"],
  "Country.participations": ["Participation", "participant"],
  "City.predecessors": ["City", "successors"],
  "City.visitStops": ["VisitStop", "city"],
  "City.agreementParties": ["AgreementParty", "party"],
  "City.partnershipParties": ["PartnershipParty", "party"],
  "City.parts": ["City", "parent"],
  "City.partnerships": ["Partnership", "members"],
  "City.organizations": ["Organization", "city"],
  "City.positions": ["Position", "city"],
  "City.visitsFrom": ["Visit", "from_city"],
  "City.visitsTo": ["Visit", "to_city"],
  "City.innovationCenters": ["InnovationCenter", "city"],
  "City.events": ["Event", "city"],
  "City.participations": ["Participation", "participant"],
  "City.memberships": ["Membership", "member"],
  "Organization.parts": ["Organization", "parent"],
  "Organization.positions": ["Position", "organization"],
  "Organization.participations": ["Participation", "participant"],
  "Organization.members": ["Membership", "organization"],
  "Organization.memberships": ["Membership", "member"],
  "Organization.innovationCenters": ["InnovationCenter", "operator"],
  "Organization.organizedEvents": ["Event", "organizer"],
  "Organization.agreementParties": ["AgreementParty", "party"],
  "Organization.partnershipParties": ["PartnershipParty", "party"],
  "Organization.jointInnovationCenters": ["InnovationCenter", "other_operators"],
  "Official.positions": ["Position", "official"],
  "Official.participations": ["Participation", "participant"],
  "Official.memberships": ["Membership", "member"],
  "Official.signedAgreements": ["AgreementParty", "signatory"],
  "Visit.participations": ["Participation", "activity"],
  "Visit.stops": ["VisitStop", "visit"],
  "Visit.agreements": ["Agreement", "signed_at"],
  "Event.editions": ["Event", "series"],
  "Event.participations": ["Participation", "activity"],
  "Event.agreements": ["Agreement", "signed_at"],
  "Partnership.parties": ["PartnershipParty", "partnership"],
  "Partnership.agreements": ["Agreement", "result"],
  "InnovationCenter.agreements": ["Agreement", "result"],
  "Agreement.renewals": ["Agreement", "renews"],
  "Agreement.parties": ["AgreementParty", "agreement"],
  "Source.derivatives": ["Source", "derives_from"],
  "Source.statements": ["Citation", "source"],
  "Topic.narrower": ["Topic", "broader"],
};
const ON_ALL = { citations: ["Citation", "record"], indicators: ["Indicator", "subject"], comparisons: ["Indicator", "counterpart"] };

/** Which records a record lists by key: the type of them, and its own column. */
const LISTED = {
  "Partnership.members": ["City", "members"], "Source.derivesFrom": ["Source", "derives_from"],
  "InnovationCenter.otherOperators": ["Organization", "other_operators"],
  "City.successors": ["City", "successors"], "Country.successors": ["Country", "successors"],
};

/** The lists of visits of a place, and of places of a visit. */
const OF_VISITS = {
  "City.visits": "Visit", "Country.visits": "Visit", "Visit.cities": "City", "Visit.countries": "Country",
};

/** Which records a topic is a tag of. */
const TAGGED = {
  cities: "City", partnerships: "Partnership", organizations: "Organization", officials: "Official", visits: "Visit",
  innovationCenters: "InnovationCenter", events: "Event", figures: "Indicator", sources: "Source", countries: "Country",
  visitStops: "VisitStop", agreements: "Agreement", agreementParties: "AgreementParty", partnershipParties: "PartnershipParty", positions: "Position", participations: "Participation", memberships: "Membership", taggedTopics: "Topic",
  taggedCitations: "Citation",
};

/** The columns between which something lasted. */
const PERIODS = { partnership: ["since", "ended"], position: ["start", "end"], visit: ["start", "end"], event: ["start", "end"] };

/** Where a period without a start or an end is open; elsewhere, it is one day. A date of its third column lies in it. */
export const OPEN_PERIODS = {
  Partnership: ["since", "ended"], Membership: ["since", "until"], Organization: ["founded", "dissolved"],
  Position: ["start", "end", "as_of"], PartnershipParty: ["since", "ended"], City: ["founded", "dissolved"],
  InnovationCenter: ["founded", "closed"], Agreement: ["signed", "ended"],
};

/** The columns of dates whose fields have another name. */
const FORMER = { Partnership: "ended", PartnershipParty: "ended", Agreement: "ended", Membership: "until" };

const renamed = (type, cells) => (FORMER[type] ? { end: cells[FORMER[type]] } : {});

/** How many days it lasted, at least and at most. */
function days(kind, cells) {
  const [start, end] = (PERIODS[kind] ?? []).map((column) => (cells[column] === null ? null : dateOf(cells[column])));
  const between = (from, to) => (Number.isFinite(to - from) ? Math.max(to - from + 1, 1) : null);
  if (!start || !end) return { min_days: null, max_days: null };
  return { min_days: between(start.to, end.from), max_days: between(start.from, end.to) };
}

export class Records {
  constructor(directory) {
    const read = (name) => readCsv(join(directory, `${name}.csv`));
    this.byType = new Map();
    this.byId = new Map();
    const stored = new Map(read("rows").map((row) => [`${row.kind}/${row.key}`, row]));
    for (const kind of new Set([...stored.values()].map((row) => row.kind))) {
      const byKey = new Map();
      this.byType.set(pascal(kind), byKey);
      for (const cells of read(plural(kind))) {
        const { id, version, created_at, updated_at } = stored.get(`${kind}/${cells.key}`);
        const record = {
          type: pascal(kind), kind, key: cells.key, uuid: id.replaceAll("-", ""), id: typeId(kind, id),
          cells: { ...cells, ...renamed(pascal(kind), cells), ...days(kind, cells), version, created_at, updated_at }, names: [], identifiers: [], tags: [],
        };
        byKey.set(cells.key, record);
        this.byId.set(record.id, record);
      }
    }
    const beside = (file, list, item) => {
      for (const row of read(file)) this.get(pascal(row.record_kind), row.record)[list].push(item(row));
    };
    beside("names", "names", ({ name, language, kind, period }) => ({ name, language, kind, period: period ?? null }));
    beside("identifiers", "identifiers", ({ scheme, value }) => ({ scheme, value }));
    beside("tags", "tags", ({ topic }) => topic);
    for (const record of this.byId.values()) record.main = record.cells.name ?? record.cells.title ?? null;
  }

  get(type, key) {
    return this.byType.get(type)?.get(key) ?? null;
  }

  all(type) {
    return [...(this.byType.get(type)?.values() ?? [])];
  }

  /** The record that a column refers to; `type` is null where a second column says the kind. */
  referred(record, column, type) {
    const key = record.cells[column];
    const kind = type ?? (record.cells[`${column}_kind`] && pascal(record.cells[`${column}_kind`]));
    return key === null ? null : this.get(kind, key);
  }

  /** The records that a field of a record leads to, in no order. */
  related(record, field) {
    if (field === "topics") return record.tags.map((key) => this.get("Topic", key));
    if (record.type === "Topic" && field === "records") {
      return [...this.byId.values()].filter((other) => other.tags.includes(record.key));
    }
    if (record.type === "Topic" && TAGGED[field]) {
      return this.all(TAGGED[field]).filter((other) => other.tags.includes(record.key));
    }
    const path = `${record.type}.${field}`;
    if (path === "Participation.positions") return this.positionsDuring(record);
    if (OF_VISITS[path]) {
      const isRelated = (other) => this.placeRoles(record, other).length > 0;
      return this.all(OF_VISITS[path]).filter(isRelated);
    }
    if (LISTED[path]) {
      const [type, column] = LISTED[path];
      return list(record.cells[column]).map((key) => this.get(type, key));
    }
    const [type, column] = HANGING[path] ?? ON_ALL[field];
    return this.hanging(type, column).get(record) ?? [];
  }

  /** The parts that a city or a country has in a visit; the two come in any order. */
  placeRoles(one, other) {
    const [visit, place] = one.type === "Visit" ? [one, other] : [other, one];
    const stops = this.hanging("VisitStop", "visit").get(visit) ?? [];
    const participations = this.hanging("Participation", "activity").get(visit) ?? [];
    const roles = {
      ORIGIN: visit.cells[`from_${place.kind}`] === place.key,
      DESTINATION: visit.cells[`to_${place.kind}`] === place.key,
      STOP: stops.some((stop) => stop.cells[place.kind] === place.key),
      PARTICIPANT: participations.some(({ cells }) => cells.participant_kind === place.kind && cells.participant === place.key),
    };
    return Object.keys(roles).filter((role) => roles[role]);
  }

  /** The positions of a participant that can have a day in common with the visit or event. */
  positionsDuring(participation) {
    if (participation.cells.participant_kind !== "official") return [];
    const official = this.referred(participation, "participant", null);
    const activity = this.days(this.referred(participation, "activity", null), ["start", "end"], false);
    const meets = (one) => activity.some((other) => one.from <= other.to && one.to >= other.from);
    const positions = this.hanging("Position", "official").get(official) ?? [];
    return positions.filter((position) => this.days(position, OPEN_PERIODS.Position, true).some(meets));
  }

  /** The days from one date to another, and those of a third; a period of which one date is missing can be open. */
  days(record, [first, last, third], isOpen) {
    const [start, end, day] = [first, last, third].map((column) => (column ? this.date(record, column) : null));
    const from = start?.from ?? (end && (isOpen ? -Infinity : end.from));
    const to = end?.to ?? (start && (isOpen ? Infinity : start.to));
    return [...(start || end ? [{ from, to }] : []), ...(day ? [day] : [])];
  }

  /** By record, the records of `type` whose column refers to it. */
  hanging(type, column) {
    const known = (this.hangingKnown ??= new Map());
    const name = `${type}.${column}`;
    if (!known.has(name)) {
      const groups = new Map();
      for (const other of this.all(type)) {
        for (const target of this.targets(other, column)) {
          if (!groups.has(target)) groups.set(target, []);
          groups.get(target).push(other);
        }
      }
      known.set(name, groups);
    }
    return known.get(name);
  }

  targets(record, column) {
    if (column === "members") return list(record.cells.members).map((key) => this.get("City", key));
    if (column === "other_operators") return list(record.cells.other_operators).map((key) => this.get("Organization", key));
    if (column === "derives_from") return list(record.cells.derives_from).map((key) => this.get("Source", key));
    if (column === "successors") return list(record.cells.successors).map((key) => this.get(record.type, key));
    const kinds = { sovereign: "Country", renews: "Agreement", signatory: "Official", from: "Country", to: "Country", parent: record.type, series: "Event", operator: "Organization", organizer: "Organization", broader: "Topic" };
    const last = column.split("_").at(-1);
    const type = `${column}_kind` in record.cells ? null : (kinds[column] ?? pascal(last));
    const target = this.referred(record, column, type);
    return target ? [target] : [];
  }

  /** The date in a column, or null. */
  date(record, column) {
    const edtf = record.cells[column];
    return edtf === null ? null : dateOf(edtf);
  }
}

const list = (cell) => (cell ? cell.split(";") : []);
