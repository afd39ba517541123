// Groups of the records of a list, by what they have in common, and aggregates of them.

import { getNamedType, isAbstractType, isEnumType } from "graphql";
import { refuse } from "./lists.mjs";
import { snake } from "./records.mjs";

const UNITS = { YEAR: 4, MONTH: 7, DECADE: 3 };
const byText = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const screaming = (name) => snake(name).toUpperCase();
const iso = (day) => new Date(day * 86_400_000).toISOString().slice(0, 10);

/** The beginning that two days have in common, if it is that of a year, a month or a decade. */
function unit(date, length) {
  if (!date || !Number.isFinite(date.from) || !Number.isFinite(date.to)) return null;
  const [from, to] = [iso(date.from).slice(0, length), iso(date.to).slice(0, length)];
  if (from !== to) return null;
  return length === 3 ? `${from}X` : from;
}

const ABSENT = ["planned", "invited", "welcome", "declined"];
const GUESTS = ["leader", "member", "guest"];

/** The participations of those who took part, in some roles or in any but those of who invites or is invited. */
const tookPart = (records, activity, roles) =>
  records.related(activity, "participations").filter(({ cells: { role, status } }) =>
    !ABSENT.includes(status) && (roles ? roles.includes(role) : !["inviter", "invitee"].includes(role)));
const participants = (records, activity, roles) =>
  tookPart(records, activity, roles).map((one) => records.referred(one, "participant", null));
const positions = (records, visit) =>
  tookPart(records, visit, GUESTS).flatMap((guest) => records.related(guest, "positions"));
const ofType = (all, type) => all.filter((one) => one?.type === type);
const city = (records, event) => records.referred(event, "city", "City");

/** Keys of visits and events that are none of their fields: the records, or the texts, that one of them leads to. */
const RELATED = {
  HOST: (records, activity) => participants(records, activity, ["host"]),
  GUEST: (records, visit) => participants(records, visit, GUESTS),
  OFFICIAL: (records, activity) => ofType(participants(records, activity), "Official"),
  ORGANIZATION: (records, activity) => ofType(participants(records, activity), "Organization"),
  VISITING_OFFICE: (records, visit) => positions(records, visit).map((position) => position.cells.title),
  VISITING_ORGANIZATION: (records, visit) => {
    const offices = positions(records, visit).map((position) => records.referred(position, "organization", "Organization"));
    return ofType([...participants(records, visit, GUESTS), ...offices], "Organization");
  },
};
const OF_EVENTS = {
  CITIES: (records, event) => [city(records, event)],
  COUNTRIES: (records, event) => [city(records, event) && records.referred(city(records, event), "country", "Country")],
};
/** Which of them have a union as their type. */
const OF_UNIONS = ["HOST", "GUEST"];

export class Groups {
  constructor(lists, type) {
    this.lists = lists;
    this.records = lists.records;
    this.type = type;
    const of = lists.schema.getType(type);
    this.isOfSeveralTypes = isAbstractType(of);
    this.fields = this.isOfSeveralTypes || !of.getFields ? [] : Object.values(of.getFields());
  }

  /** What a record has for a key: values of text, or records; several for a list, `null` for what is unknown. */
  values(name) {
    if (this.isOfSeveralTypes && name === "TYPE") return (record) => [text(record.type)];
    if (this.isOfSeveralTypes) return (record) => new Groups(this.lists, record.type).values(name)(record);
    const related = { Visit: RELATED, Event: { ...RELATED, ...OF_EVENTS } }[this.type]?.[name];
    if (related) {
      const sort = (one) => (OF_UNIONS.includes(name) ? [one.kind, one.uuid] : [one.key]);
      const value = (one) => (typeof one === "string" ? text(one) : { record: one, sort: sort(one) });
      return (record) => {
        const all = [...new Set(related(this.records, record))].filter((one) => one !== null).map(value);
        return all.length > 0 ? all : [null];
      };
    }
    const field = this.fields.find((one) => screaming(one.name) === name);
    if (field) return this.ofField(field);
    for (const one of this.fields.filter((other) => name.startsWith(`${screaming(other.name)}_`))) {
      const rest = name.slice(screaming(one.name).length + 1);
      const type = getNamedType(one.type);
      if (type.name === "EdtfDate" && UNITS[rest]) {
        return (record) => [text(unit(this.records.date(record, snake(one.name)), UNITS[rest]))];
      }
      if (!this.lists.isRecord(type.name)) continue;
      const second = Object.values(type.getFields()).find((other) => screaming(other.name) === rest);
      if (!second) continue;
      return (record) => {
        const between = this.records.referred(record, snake(one.name), type.name);
        const found = between && this.records.referred(between, snake(second.name), getNamedType(second.type).name);
        return [found && { record: found, sort: [found.key] }];
      };
    }
    throw new Error(`there is no key ${name}`);
  }

  ofField({ name, type: ty }) {
    const type = getNamedType(ty);
    const column = snake(name);
    if (type.name.endsWith("Connection")) {
      return (record) => {
        const all = this.records.related(record, name).map((one) => ({ record: one, sort: [one.key] }));
        return all.length > 0 ? all : [null];
      };
    }
    if (isAbstractType(type)) {
      return (record) => {
        const found = this.records.referred(record, column, null);
        return [found && { record: found, sort: [found.kind, found.uuid] }];
      };
    }
    if (this.lists.isRecord(type.name)) {
      return (record) => {
        const found = this.records.referred(record, column, type.name);
        return [found && { record: found, sort: [found.key] }];
      };
    }
    return (record) => [text(record.cells[column], isEnumType(type))];
  }

  /** Whether the values of a key are records. */
  leadsToRecords(name) {
    if (this.isOfSeveralTypes) {
      const members = this.lists.schema.getPossibleTypes(this.lists.schema.getType(this.type));
      return name !== "TYPE" && new Groups(this.lists, members[0].name).leadsToRecords(name);
    }
    if (RELATED[name]) return name !== "VISITING_OFFICE";
    if (this.type === "Event" && OF_EVENTS[name]) return true;
    const leads = (type) => type.name.endsWith("Connection") || isAbstractType(type) || this.lists.isRecord(type.name);
    const field = this.fields.find((one) => screaming(one.name) === name);
    if (field) return leads(getNamedType(field.type));
    return this.fields.some((one) => {
      const type = getNamedType(one.type);
      return name.startsWith(`${screaming(one.name)}_`) && this.lists.isRecord(type.name);
    });
  }

  /** The page of groups that a client asks for of `list`. */
  page(list, { by, first, after, orderBy, filter, countDistinct }) {
    if (first != null && (first < 0 || first > 100)) throw refuse("INVALID_PAGE", `first is ${first}`);
    if (by.length < 1 || by.length > 3) throw refuse("INVALID_ARGUMENT", `by has ${by.length} keys`);
    if (new Set(by).size < by.length) throw refuse("INVALID_ARGUMENT", "by has a key twice");
    if (after != null) throw refuse("INVALID_CURSOR", `${after} is no cursor of groups`);
    const read = by.map((name) => this.values(name));
    const groups = new Map();
    for (const record of list) {
      for (const values of product(read.map((one) => one(record)))) {
        const id = JSON.stringify(values.map((value) => value && [value.text, value.record?.id]));
        if (!groups.has(id)) groups.set(id, { values, items: [] });
        groups.get(id).items.push(record);
      }
    }
    if (filter != null && !by.some((name) => this.leadsToRecords(name))) throw refuse("INVALID_ARGUMENT", "no key is a record");
    const passes = filter == null ? null : this.lists.filter("Record", filter);
    const isWanted = ({ values }) => passes === null || values.some((value) => value?.record && passes(value.record));
    const order = orderBy ?? "COUNT_DESC";
    const sign = { COUNT_DESC: -1, COUNT_ASC: 1 }[order] ?? 0;
    const direction = order === "KEY_DESC" ? -1 : 1;
    const size = (group) => (countDistinct == null ? group.items.length : this.distinct(group.items, countDistinct));
    const sorted = [...groups.values()].filter(isWanted).sort((a, b) => sign * (size(a) - size(b)) || compared(a, b, direction));
    const nodes = sorted.slice(0, first ?? 20).map((group) => this.group(group));
    const cursor = (i) => `cursor!Groups!${this.type}${by}!${order}!${countDistinct}!${i}`;
    return {
      nodes,
      edges: nodes.map((node, i) => ({ node, cursor: cursor(i) })),
      totalCount: sorted.length,
      pageInfo: {
        hasNextPage: sorted.length > nodes.length,
        hasPreviousPage: false,
        startCursor: nodes.length > 0 ? cursor(0) : null,
        endCursor: nodes.length > 0 ? cursor(nodes.length - 1) : null,
      },
    };
  }

  /** The number of different values that items have for a key. */
  distinct(items, name) {
    const found = items.flatMap(this.values(name)).filter((value) => value !== null);
    return new Set(found.map((value) => value.record?.id ?? value.text)).size;
  }

  group({ values, items }) {
    return {
      keys: values.map((value) => ({ value: value?.text ?? null, record: value?.record ?? null })),
      count: items.length,
      distinct: ({ of }) => this.distinct(items, of),
      figure: ({ of }) => {
        const numbers = items.map((record) => record.cells[of.toLowerCase()]).filter((cell) => cell !== null).map(Number);
        const sum = numbers.length > 0 ? numbers.reduce((a, b) => a + b, 0) : null;
        const most = (pick) => (numbers.length > 0 ? pick(...numbers) : null);
        return {
          count: numbers.length, min: most(Math.min), max: most(Math.max), sum: sum === null ? null : rounded(sum),
          average: sum === null ? null : rounded(sum / numbers.length),
        };
      },
      latest: () => {
        const date = this.fields.find((field) => getNamedType(field.type).name === "EdtfDate");
        const last = (record) => this.records.date(record, snake(date.name))?.to ?? -Infinity;
        const dated = items.filter((record) => last(record) !== -Infinity);
        if (dated.length === 0) return null;
        return dated.reduce((a, b) => {
          const difference = last(a) === last(b) ? 0 : last(a) - last(b);
          return difference > 0 || (difference === 0 && a.uuid > b.uuid) ? a : b;
        });
      },
    };
  }
}

/** Groups of what is on a timeline. */
export class TimelineGroups extends Groups {
  values(name) {
    if (name === "KIND") return (entry) => [{ text: entry.kind, sort: [entry.kind] }];
    const length = UNITS[name.slice("DATE_".length)];
    return (entry) => [text(unit(entry.date, length))];
  }

  leadsToRecords() {
    return false;
  }
}

const text = (cell, isWord = false) => (cell === null ? null : { text: isWord ? cell.toUpperCase() : cell, sort: [cell] });

/** All ways to take one of each list. */
const product = (lists) => lists.reduce((all, list) => all.flatMap((some) => list.map((one) => [...some, one])), [[]]);

/** Unknown values come last in every direction. */
function compared(a, b, direction) {
  for (const [i, x] of a.values.entries()) {
    const y = b.values[i];
    if ((x === null) !== (y === null)) return x === null ? 1 : -1;
    if (x === null) continue;
    for (const [j, part] of x.sort.entries()) {
      const order = byText(part, y.sort[j]);
      if (order !== 0) return direction * order;
    }
  }
  return 0;
}

/** A fraction to 12 digits: those behind depend on the order in which numbers are added up. */
function rounded(number) {
  return Number.isInteger(number) ? number : Number(number.toPrecision(12));
}
