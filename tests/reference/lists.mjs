// Lists: filters, orders and pages over records in memory.

import { getNamedType, GraphQLError, isAbstractType } from "graphql";
import { range } from "./dates.mjs";
import { Groups } from "./groups.mjs";
import { collation } from "./collation.mjs";
import { area, byDistance, distance, isNear, near, placeOf } from "./places.mjs";
import { Quality } from "./quality.mjs";
import { fold, OPEN_PERIODS, snake } from "./records.mjs";

/** An error that the client can mend. */
export function refuse(code, message) {
  return new GraphQLError(message, { extensions: { code } });
}

export const byBytes = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));
/** `to_country` → `toCountry`. */
const camelOf = (name) => name.replace(/_(.)/g, (_, c) => c.toUpperCase());
const many = (value) => (Array.isArray(value) ? value : [value]);

/** A global id of a record of one of `types`, which need not exist. */
export function checkId(id, types) {
  const match = /^([a-z_]+)_[0-7][0-9a-hjkmnp-tv-z]{25}$/.exec(id);
  if (!match || !types.some((type) => snake(type) === match[1])) throw refuse("INVALID_ID", `${id} is no such id`);
  return id;
}

const COMPARE = { eq: (n) => n === 0, gt: (n) => n > 0, gte: (n) => n >= 0, lt: (n) => n < 0, lte: (n) => n <= 0 };

/** Reads one part of a filter of values: what `get` gives of a record must pass. */
function value(get, compare, name, wanted) {
  if (name === "isNull") return (record) => (get(record) === null) === wanted;
  if (name === "in") return (record) => get(record) !== null && many(wanted).some((w) => compare(get(record), w) === 0);
  return (record) => get(record) !== null && COMPARE[name](compare(get(record), wanted));
}

/** Whether a date lies before or after the days from `first` to `last`. */
const ORDERED = {
  certainlyBefore: ({ to }, first) => to < first,
  possiblyBefore: ({ from }, first) => from < first,
  certainlyOnOrBefore: ({ to }, _, last) => to <= last,
  possiblyOnOrBefore: ({ from }, _, last) => from <= last,
  certainlyAfter: ({ from }, _, last) => from > last,
  possiblyAfter: ({ to }, _, last) => to > last,
  certainlyOnOrAfter: ({ from }, first) => from >= first,
  possiblyOnOrAfter: ({ to }, first) => to >= first,
};

const MOMENTS = { before: (n) => n < 0, onOrBefore: (n) => n <= 0, after: (n) => n > 0, onOrAfter: (n) => n >= 0 };

const KINDS = {
  DateTimeFilter: (cell) => (name, wanted) => (record) => MOMENTS[name](Number(cell(record)) - Date.parse(wanted)),
  StringFilter: (cell) => (name, wanted) => value(cell, byBytes, name, wanted),
  IntFilter: (cell) => (name, wanted) => value(number(cell), (a, b) => a - b, name, wanted),
  FloatFilter: (cell) => (name, wanted) => {
    const compare = (one, given) => value(number(cell), (a, b) => a - Number(b), one, given);
    if (name !== "decimal") return compare(name, wanted);
    const isDecimal = (number) => /^-?\d+(\.\d+)?$/.test(number);
    return all(given(wanted).map(([one, numbers]) => {
      if (!many(numbers).every(isDecimal)) throw refuse("INVALID_ARGUMENT", `${numbers} is no decimal number`);
      return compare(one, numbers);
    }));
  },
  BooleanFilter: (cell) => (name, wanted) => (record) => (cell(record) === "true") === wanted,
  TextFilter: () => (name, wanted) => {
    const test = named(name, wanted);
    return (record) => test(record.main);
  },
};

/** Reads a condition on a name. */
function named(name, wanted) {
  const folded = many(wanted).map(fold);
  if (name === "words") {
    const words = new Set(folded[0].split(SEPARATORS).filter(Boolean));
    if (words.size === 0 || words.size > 10) throw refuse("INVALID_ARGUMENT", "no words, or too many");
    return (text) => [...words].every((word) => hasWord(fold(text), word));
  }
  if (name === "contains") return (text) => fold(text).includes(folded[0]);
  if (name === "startsWith") return (text) => fold(text).startsWith(folded[0]);
  return value(fold, byBytes, name, name === "in" ? folded : folded[0]);
}

/** What stands between words. */
const SEPARATORS = /[\] !"#$%&'()*+,./:;<=>?@[{|}~_`^\\·“”„«»‹›¿¡、。「」『』《》〈〉【】-]/u;
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}]/u;

/** Whether a text has a word as a whole; where no spaces are written, anywhere. */
function hasWord(text, word) {
  const ends = (character) => character === undefined || SEPARATORS.test(character);
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const [before, after] = [text[at - 1], text[at + word.length]];
    const [first, last] = [word[0], word.at(-1)].map((character) => UNSPACED.test(character));
    if ((first || ends(before)) && (last || ends(after))) return true;
  }
  return false;
}

const number = (cell) => (record) => (cell(record) === null ? null : Number(cell(record)));
const word = (cell) => (record) => cell(record)?.toUpperCase() ?? null;
const all = (tests) => (record) => tests.every((test) => test(record));
const any = (tests) => (record) => tests.some((test) => test(record));
const inverted = (test) => test && ((record) => !test(record));

/** Joins the tests that say something; `null` if all of them say nothing. */
function joined(tests, join) {
  const saying = tests.filter((test) => test !== null);
  return tests.length === 0 || saying.length > 0 ? join(saying) : null;
}

export class Lists {
  constructor(schema, records) {
    this.schema = schema;
    this.records = records;
    this.quality = new Quality(records);
    // What a cursor of the server means, learnt from its answers: cursors are opaque.
    this.cursors = new Map();
  }

  isRecord(type) {
    return this.records.byType.has(type);
  }

  /** The types of the records of a list or a reference: one, or those of a union or an interface. */
  types(type) {
    return this.isRecord(type) ? [type] : this.schema.getPossibleTypes(this.schema.getType(type)).map(({ name }) => name);
  }

  /**
   * Reads a filter of records of `type`; `null` if it says nothing. Reading finds its mistakes, also where there is nothing to
   * filter.
   */
  filter(type, filter, depth = 1) {
    if (depth > 8) throw refuse("INVALID_ARGUMENT", "the filter is nested too deeply");
    const fields = this.schema.getType(`${type}Filter`).getFields();
    const inner = (one) => this.filter(type, one, depth + 1);
    const tests = given(filter).map(([name, wanted]) => {
      if (name === "and") return joined(many(wanted).map(inner), all);
      if (name === "or") return joined(many(wanted).map(inner), any);
      if (name === "not") return inverted(inner(wanted));
      if (!this.isRecord(type)) return this.ofMember(type, name, wanted, depth);
      return this.part(type, name, fields[name].type.name, wanted, depth);
    });
    return joined(tests, all);
  }

  /** A part of a filter of a union or an interface. */
  ofMember(type, name, wanted, depth) {
    const types = this.types(type);
    if (name === "id") {
      checkId(wanted, types);
      return (record) => record.id === wanted;
    }
    const member = types.find((one) => snake(one) === snake(name));
    const test = this.filter(member, wanted, depth + 1);
    return test && ((record) => record.type === member && test(record));
  }

  part(type, name, input, wanted, depth) {
    const column = snake(name);
    const cell = (record) => record.cells[column];
    // Without an operator, a condition says nothing.
    const conditions = (read) => {
      const tests = given(wanted).map(([how, one]) => read(how, one));
      return tests.length > 0 ? joined(tests, all) : null;
    };
    if (input === "IdFilter") {
      return conditions((_, ids) => {
        const known = many(ids).map((id) => checkId(id, [type]));
        return (record) => known.includes(record.id);
      });
    }
    if (name === "anyName") {
      const tests = given(wanted).map(([how, one]) => named(how, one));
      if (tests.length === 0) return null;
      // One name must pass all of them.
      return (record) => [record.main, ...record.names.map((one) => one.name)].some(all(tests));
    }
    if (name === "identifier") {
      // A scheme alone says nothing.
      const { scheme, ...rest } = wanted;
      const tests = given(rest).map(([how, one]) => {
        const values = (record) => record.identifiers.filter((of) => of.scheme.toUpperCase() === scheme).map((of) => of.value);
        if (how === "isNull") return (record) => (values(record).length === 0) === one;
        return (record) => many(one).some((value) => values(record).includes(value));
      });
      return tests.length > 0 ? all(tests) : null;
    }
    if (name === "isDisputed") {
      const contradicts = ({ cells }) => cells.stance === "contradicts";
      return conditions((_, is) => (record) => this.records.related(record, "citations").some(contradicts) === is);
    }
    if (name === "qualityIssue") {
      return conditions((_, issues) => (record) => many(issues).some((issue) => this.quality.has(record, issue)));
    }
    if (name === "coordinates") return conditions((how, one) => this.placed(how, one));
    if (name === "during") return conditions((how, text) => this.overlaps(type, how, text));
    if (input === "DateFilter") return conditions((how, text) => this.within(column, how, text));
    if (KINDS[input]) return conditions((how, one) => KINDS[input](cell)(how, one));
    const [, target, sort] = /^(.*?)(List|)Filter$/.exec(input);
    if (sort === "List") return conditions((how, one) => this.quantified(name, target, how, one, depth));
    if (isAbstractType(this.schema.getType(target)) || this.isRecord(target)) {
      const single = this.isRecord(target) ? target : null;
      const test = this.filter(target, wanted, single ? depth + 1 : depth);
      return test && ((record) => {
        const referred = this.records.referred(record, column, single);
        return referred !== null && test(referred);
      });
    }
    return conditions((how, one) => value(word(cell), (a, b) => (a === b ? 0 : 1), how, one));
  }

  /** Reads a condition on coordinates. */
  placed(how, wanted) {
    if (how === "isNull") return (record) => (placeOf(record) === null) === wanted;
    if (how === "within") return area(wanted);
    const of = this.near(wanted);
    if (of && of.kilometers === undefined) throw refuse("INVALID_ARGUMENT", "how far is near?");
    return of && ((record) => isNear(of, record));
  }

  near(wanted) {
    return near((name, { id, key, identifier }) => {
      const type = this.types("Record").find((one) => snake(one) === snake(name));
      if (id != null) return this.records.byId.get(checkId(id, [type])) ?? null;
      if (key != null) return this.records.get(type, key);
      const same = (one) => one.scheme === identifier.scheme.toLowerCase() && one.value === identifier.value;
      return this.records.all(type).find((record) => record.identifiers.some(same)) ?? null;
    }, wanted);
  }

  within(column, how, text) {
    if (how === "isNull") return (record) => (record.cells[column] === null) === text;
    const ranges = asked(text);
    if (how === "anniversaryWithin") return this.anniversary(column, ranges);
    const [first, last] = [Math.min(...ranges.map(({ from }) => from)), Math.max(...ranges.map(({ to }) => to))];
    const lies = ORDERED[how];
    const test = lies ? (date) => date !== null && lies(date, first, last) : within(how === "possiblyWithin", ranges);
    return (record) => test(this.records.date(record, column));
  }

  /** Days whose anniversary lies within ranges of at most a year. */
  anniversary(column, ranges) {
    const parts = (n) => new Date(n * 86_400_000);
    for (const { from, to } of ranges) {
      const isTooLong = !(to - from < 366) || (to - from === 365 && parts(from).getUTCDate() === parts(to).getUTCDate());
      if (isTooLong) throw refuse("INVALID_ARGUMENT", "more than a year");
    }
    return (record) => {
      const date = this.records.date(record, column);
      if (date === null || date.from !== date.to) return false;
      const [month, day] = [parts(date.from).getUTCMonth(), parts(date.from).getUTCDate()];
      return ranges.some(({ from, to }) => {
        for (let n = from; n <= to && date.from < from; n++) {
          const [here, next] = [parts(n), parts(n + 1)];
          if (here.getUTCMonth() === month && here.getUTCDate() === day) return true;
          const isLastOfFebruary = here.getUTCMonth() === 1 && next.getUTCMonth() === 2;
          if (isLastOfFebruary && here.getUTCDate() === 28 && month === 1 && day === 29) return true;
        }
        return false;
      });
    };
  }

  /** Reads a condition on the period of a record. */
  overlaps(type, how, text) {
    const wanted = asked(text);
    const possibly = how === "possiblyOverlaps";
    const isWithin = within(possibly, wanted);
    const [first, last, witness] = OPEN_PERIODS[type] ?? ["start", "end"];
    return (record) => {
      const [start, end, day] = [first, last, witness].map((column) => (column ? this.records.date(record, column) : null));
      if (isWithin(day)) return true;
      if (start && end) {
        if (possibly) return wanted.some(({ from, to }) => start.from <= to && end.to >= from);
        const [latestStart, earliestEnd] = [Math.min(start.to, end.to), Math.max(start.from, end.from)];
        return between(wanted).every(({ from, to }) => latestStart < from || earliestEnd > to);
      }
      if (possibly && OPEN_PERIODS[type] && (start || end)) {
        return wanted.some(({ from, to }) => (start ? start.from <= to : end.to >= from));
      }
      return isWithin(start ?? end);
    };
  }

  quantified(field, target, how, wanted, depth) {
    const test = this.filter(target, wanted, depth + 1);
    const related = (record) => this.records.related(record, field);
    if (test === null) return null;
    if (how === "some") return (record) => related(record).some(test);
    if (how === "every") return (record) => related(record).every(test);
    return (record) => !related(record).some(test);
  }

  /** Compares records as the orders say, each the ties of those before it: unknown values last, ties by age. */
  order(type, names, alphabet) {
    const orders = names.map((name) => {
      const [, what, direction] = /^(.*)_(ASC|DESC)$/.exec(name);
      const { get, by } = this.positions(type, what.toLowerCase(), direction, alphabet);
      return { at: remembered(get), by, sign: direction === "ASC" ? 1 : -1 };
    });
    return (a, b) => {
      for (const { at, by, sign } of orders) {
        const [x, y] = [at(a), at(b)];
        if ((x === null) !== (y === null)) return x === null ? 1 : -1;
        const found = x === null ? 0 : by(x, y);
        if (found !== 0) return sign * found;
      }
      return orders.at(-1).sign * byBytes(a.uuid, b.uuid);
    };
  }

  positions(type, column, direction, alphabet) {
    const numbers = (a, b) => (a === b ? 0 : a < b ? -1 : 1);
    if (column === "created") return { get: (record) => record.uuid, by: byBytes };
    if (column === "updated") return { get: (record) => Number(record.cells.updated_at), by: numbers };
    if (column === "key") return { get: (record) => record.key, by: byBytes };
    if (column === "name" || column === "title") {
      return alphabet ? { get: (record) => record.main, by: alphabet.compare } : { get: (record) => fold(record.main), by: byBytes };
    }
    const fields = this.schema.getType(this.types(type)[0]).getFields();
    if (column.endsWith("_count")) {
      const list = camelOf(column.slice(0, -"_count".length));
      return { get: (record) => this.records.related(record, list).length, by: numbers };
    }
    const field = fields[camelOf(column)];
    if (!field) return this.ofRelated(fields, column, direction, alphabet);
    if (String(field.type) === "EdtfDate") {
      const end = direction === "ASC" ? "from" : "to";
      return { get: (record) => this.records.date(record, column)?.[end] ?? null, by: numbers };
    }
    return { get: number((record) => record.cells[column]), by: numbers };
  }

  /** What an order by a name or a date of the record of a reference compares: `to_country_name`. */
  ofRelated(fields, column, direction, alphabet) {
    const reference = Object.keys(fields).map(snake).find((name) => column.startsWith(`${name}_`) && fields[camelOf(name)]);
    const target = getNamedType(fields[camelOf(reference)].type).name;
    const { get, by } = this.positions(target, column.slice(reference.length + 1), direction, alphabet);
    return {
      get: (record) => {
        const related = this.records.referred(record, reference, this.isRecord(target) ? target : null);
        return related === null ? null : get(related);
      },
      by,
    };
  }

  /** The page that a client asks for of `items`, records of `type`. */
  page(type, items, args, parent) {
    const then = args.thenBy ?? [];
    if (then.length > 3) throw refuse("INVALID_ARGUMENT", "too many orders");
    const names = [args.orderBy ?? this.schema.getType(`${type}Order`).getValues()[0].name, ...then];
    for (const [argument, n] of [["first", args.first], ["last", args.last]]) {
      if (n != null && (n < 0 || n > 100)) throw refuse("INVALID_PAGE", `${argument} is ${n}`);
    }
    if (args.first != null && args.last != null) throw refuse("INVALID_PAGE", "both `first` and `last` are given");
    const place = args.near == null ? null : this.near(args.near);
    const alphabet = args.collation == null ? null : collation(args.collation);
    const ofNames = (order) => (alphabet && /(^|_)(NAME|TITLE)_/.test(order) ? `${order}@${alphabet.name}` : order);
    const name = [...(place ? ["DISTANCE"] : []), ...names.map(ofNames)].join();
    const further = this.order(type, names, alphabet);
    const compare = place ? (a, b) => byDistance(place)(a, b) || further(a, b) : further;
    const [after, before] = [args.after, args.before].map((cursor) => (cursor == null ? null : this.meaning(cursor, type, name)));
    const passes = (args.filter == null ? null : this.filter(type, args.filter)) ?? (() => true);
    const ofTime = args.asOf == null ? () => true : this.overlaps(type, "possiblyOverlaps", args.asOf);
    const nearby = place ? (record) => isNear(place, record) : () => true;
    const list = items().filter(passes).filter(ofTime).filter(nearby).sort(compare);
    let low = after ? list.filter((item) => compare(item, after) <= 0).length : 0;
    let high = before ? list.filter((item) => compare(item, before) < 0).length : list.length;
    if (args.last != null) low = Math.max(low, high - args.last);
    else high = Math.min(high, low + (args.first ?? 20));
    const nodes = list.slice(low, high);
    const cursor = (node) => (node ? `cursor!${type}!${name}!${node.type}!${node.key}` : null);
    return {
      nodes,
      edges: nodes.map((node) => ({
        node,
        parent,
        cursor: cursor(node),
        // The edges of partnerships have that of the partner.
        distance: place && distance(place.place, placeOf(node)),
      })),
      pageInfo: {
        hasNextPage: high < list.length,
        hasPreviousPage: low > 0,
        startCursor: cursor(nodes[0]),
        endCursor: cursor(nodes.at(-1)),
      },
      totalCount: list.length,
      groups: (asked) => new Groups(this, type).page(list, asked),
    };
  }

  /** The record at which a cursor of the server stands. */
  meaning(cursor, type, order) {
    const [, ofType, ofOrder, member, key] = this.cursors.get(cursor)?.split("!") ?? [];
    if (ofType !== type || ofOrder !== order) throw refuse("INVALID_CURSOR", `${cursor} is no cursor of this list`);
    return this.records.get(member, key);
  }
}

/** The days that a filter asks for, in ranges. */
function asked(text) {
  const wanted = range(text);
  if (!wanted) throw refuse("INVALID_DATE", `${text} is no date`);
  if (wanted.list?.length > 20) throw refuse("INVALID_ARGUMENT", `${text} lists too many dates`);
  return wanted.list ?? [wanted];
}

/** The days before, between and after ranges. */
function between(ranges) {
  const gaps = [];
  let next = -Infinity;
  for (const { from, to } of [...ranges].sort((a, b) => a.from - b.from)) {
    if (from > next) gaps.push({ from: next, to: from - 1 });
    next = Math.max(next, to + 1);
  }
  return next === Infinity ? gaps : [...gaps, { from: next, to: Infinity }];
}

/** Whether some, or all, of the days that a date can mean lie in ranges. */
function within(some, ranges) {
  const meets = (date, others) => date.list.some((d) => others.some(({ from, to }) => d.from <= to && d.to >= from));
  const gaps = between(ranges);
  return (date) => date !== null && (some ? meets(date, ranges) : !meets(date, gaps));
}

/** Asks only once for each record: sorting compares a record many times. */
function remembered(get) {
  const known = new Map();
  return (record) => {
    if (!known.has(record)) known.set(record, get(record));
    return known.get(record);
  };
}

/** The parts of a filter. `null` is none. */
function given(object) {
  return Object.entries(object).map(([name, wanted]) => {
    if (wanted === null) throw refuse("INVALID_ARGUMENT", `${name} is null`);
    return [name, wanted];
  });
}

/**
 * The value of a filter without what has nothing left because variables were not given: it is as if it had not been written.
 */
export function said(node, coerced, variables) {
  if (node.kind === "Variable") return node.name.value in variables ? coerced : undefined;
  if (Array.isArray(coerced) && node.kind !== "ListValue") {
    const only = said(node, coerced[0], variables);
    return only === undefined ? undefined : [only];
  }
  if (node.kind === "ListValue" && node.values.length > 0) {
    const items = node.values.map((item, i) => said(item, coerced[i], variables)).filter((item) => item !== undefined);
    return items.length > 0 ? items : undefined;
  }
  if (node.kind === "ObjectValue" && node.fields.length > 0) {
    const fields = node.fields.map(({ name, value: inner }) => [name.value, said(inner, coerced[name.value], variables)]);
    const left = fields.filter(([, inner]) => inner !== undefined);
    return left.length > 0 ? Object.fromEntries(left) : undefined;
  }
  return coerced;
}
