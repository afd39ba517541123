// Random documents that fit the schema: aliases, fragments, directives, variables, nested lists, bad arguments.

import { getNamedType, isAbstractType, isCompositeType, isObjectType, parse, validate } from "graphql";

/** What the reference cannot say: how well texts match. The tests of searches have their own expectations. */
export const BEYOND = ["search"];

/** A small generator of numbers (mulberry32): the same seed gives the same documents everywhere. */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

class Writer {
  constructor(reference, random) {
    this.schema = reference.schema;
    this.records = reference.records;
    this.random = random;
    this.fragments = [];
    this.aliases = 0;
    // How many fields the document may still have.
    this.budget = 45;
  }

  chance(p) {
    return this.random() < p;
  }

  pick(items) {
    return items[Math.floor(this.random() * items.length)];
  }

  document() {
    const body = this.selection(this.schema.getQueryType(), 5);
    return `query Q($yes: Boolean! = true, $no: Boolean!, $n: Int = 2, $tags: [String!]! = ["zh"]) ${body}\n${this.fragments.join("\n")}`;
  }

  selection(type, depth) {
    const items = Array.from({ length: 1 + Math.floor(this.random() * 4) }, () => this.item(type, depth));
    // Never empty: what is left out elsewhere does not matter.
    return `{ __typename ${items.join(" ")} }`;
  }

  item(type, depth) {
    const form = this.random();
    if (form < 0.1 && depth > 0) return `...${this.directive()} ${this.selection(type, depth - 1)}`;
    if (form < 0.2 && depth > 0) return this.spread(type, depth - 1);
    const overlapping = isAbstractType(type) ? this.schema.getPossibleTypes(type) : this.abstract(type);
    if ((form < 0.3 || (isAbstractType(type) && form < 0.8)) && overlapping.length > 0 && depth > 0) {
      const on = this.pick(overlapping);
      return `... on ${on.name}${this.directive()} ${this.selection(on, depth - 1)}`;
    }
    return this.field(type, depth);
  }

  /** The interfaces and unions that an object type belongs to. */
  abstract(type) {
    const all = Object.values(this.schema.getTypeMap()).filter(isAbstractType);
    return isObjectType(type) ? all.filter((one) => this.schema.isSubType(one, type)) : [];
  }

  spread(type, depth) {
    const name = `F${this.fragments.length}`;
    this.fragments.push("");
    this.fragments[Number(name.slice(1))] = `fragment ${name} on ${type.name} ${this.selection(type, depth)}`;
    const once = `...${name}${this.directive()}`;
    return this.chance(0.2) ? `${once} ...${name}` : once;
  }

  directive() {
    if (!this.chance(0.15)) return "";
    return ` @${this.pick(["skip", "include"])}(if: ${this.pick(["true", "false", "$yes", "$no"])})`;
  }

  field(type, depth) {
    const fields = Object.values(type.getFields?.() ?? {}).filter(({ name }) => !BEYOND.includes(name));
    const leaves = fields.filter((field) => !isCompositeType(getNamedType(field.type)));
    const deep = this.budget > 0 && depth > 0;
    const wanted = deep && this.chance(0.7) ? fields.filter((field) => !leaves.includes(field)) : leaves;
    const field = this.pick(wanted.length > 0 ? wanted : deep ? fields : leaves);
    if (!field) return "__typename";
    this.budget--;
    const inner = getNamedType(field.type);
    const body = isCompositeType(inner) ? ` ${this.selection(inner, depth - 1)}` : "";
    const args = this.args(type, field, inner);
    const alias = args || this.chance(0.2) ? `a${this.aliases++}: ` : "";
    return `${alias}${field.name}${args}${this.directive()}${body}`;
  }

  args(type, field, inner) {
    const names = field.args.map((arg) => arg.name);
    if (field.name === "network") return this.selected(names);
    if (type.name.includes("Network")) return this.ofNetwork(names, field);
    if (names.includes("first")) return this.pageArgs(inner);
    if (names.includes("languages")) {
      const bad = this.chance(0.15) ? '"not a language"' : '"fi", "zh"';
      return field.name === "names" && this.chance(0.4) ? "" : `(languages: ${this.pick([`[${bad}]`, "$tags"])})`;
    }
    if (names.includes("of")) return `(of: ${this.pick(getNamedType(field.args[0].type).getValues()).name})`;
    if (names.includes("by")) return `(by: {key: "${this.key(inner.name)}"})`;
    if (names.includes("id")) return `(id: "${this.id()}")`;
    if (names.includes("ids")) return `(ids: ["${this.id()}", "city_00000000000000000000000000", "${this.id()}"])`;
    return "";
  }

  /** What joins the records of a network. */
  selected(names) {
    const all = ['(asOf: "2000")', '(asOf: "1998-05", certainty: CERTAIN)', '(asOf: "soon")', "(certainty: CERTAIN)"];
    const parts = ["(withParts: true)", "(statuses: [ACTIVE, UNVERIFIED])", "(withParts: false, statuses: [])"];
    return this.chance(0.5) ? "" : this.pick([...all, ...(names.includes("withParts") ? parts : [])]);
  }

  ofNetwork(names, field) {
    const args = [];
    if (names.includes("distance") && this.chance(0.7)) args.push(`distance: ${this.pick([1, 2, 2, 3, 4, 0])}`);
    for (const arg of field.args.filter((one) => ["to", "with"].includes(one.name))) {
      const by = (type) => `{key: "${this.key(type)}"}`;
      const contact = this.pick(["Official", "Organization"]);
      const isCity = getNamedType(arg.type).name === "CityBy";
      args.push(`${arg.name}: ${isCity ? by("City") : `{${contact.toLowerCase()}: ${by(contact)}}`}`);
    }
    if (names.includes("first") && this.chance(0.5)) args.push(`first: ${this.pick([0, 1, 3, 100])}`);
    return args.length > 0 ? `(${args.join(", ")})` : "";
  }

  pageArgs(connection) {
    const child = getNamedType(connection.getFields().nodes.type).name;
    if (!this.schema.getType(`${child}Order`)) {
      // A connection of groups.
      const key = () => this.pick(this.schema.getType(`${child}Key`).getValues()).name;
      return `(by: ${key()}, first: 2${this.chance(0.3) ? `, countDistinct: ${key()}` : ""})`;
    }
    const orders = this.schema.getType(`${child}Order`).getValues();
    const size = this.chance(0.06) ? "-1" : this.pick(["0", "1", "2", "3", "$n"]);
    const args = [`${this.pick(["first", "first", "last"])}: ${size}`];
    if (this.chance(0.5)) args.push(`orderBy: ${this.pick(orders).name}`);
    if (child !== "TimelineEntry" && this.chance(0.2)) args.push(`thenBy: [${this.pick(orders).name}, ${this.pick(orders).name}]`);
    if (this.chance(0.04)) args.push('after: "bad"');
    if (child === "TimelineEntry") {
      const date = this.pick(['possiblyWithin: "201X"', 'certainlyAfter: "2010-05"', 'certainlyWithin: "../2015"']);
      return `(${args.join(", ")}, date: {${date}}, kinds: [${this.pick(["VISIT, POSITION_ATTESTED", "PARTNERSHIP_BEGAN"])}])`;
    }
    const [one, other] = [this.test(child), this.test(child)];
    const filter = this.pick([`{${one}}`, `{not: {${one}}}`, `{or: [{${one}}, {${other}}]}`]);
    if (this.chance(0.3)) args.push(`filter: ${filter}`);
    const hasNames = child !== "TimelineEntry" && orders.some(({ name }) => /(^|_)(NAME|TITLE)_/.test(name));
    if (hasNames && this.chance(0.2)) args.push(`collation: "${this.pick(["fi", "sv", "da", "zh", "en", "cs", "ko"])}"`);
    if (["City", "InnovationCenter"].includes(child) && this.chance(0.2)) args.push(`near: ${this.near()}`);
    return `(${args.join(", ")})`;
  }

  near() {
    const place = this.pick([`city: {key: "${this.key("City")}"}`, "latitude: 35.5, longitude: 139", "latitude: -91, longitude: 0"]);
    return `{${place}${this.pick(["", "", ", kilometers: 500", ", kilometers: 7000"])}}`;
  }

  test(type) {
    if (isAbstractType(this.schema.getType(type))) {
      const member = this.pick(this.schema.getPossibleTypes(this.schema.getType(type))).name;
      return `${member[0].toLowerCase()}${member.slice(1)}: {${this.test(member)}}`;
    }
    const key = this.key(type);
    return this.pick([
      `key: {eq: "${key}"}`,
      `key: {lt: "${key}"}`,
      "citations: {some: {stance: {eq: SUPPORTS}}}",
      'topics: {every: {key: {gt: "m"}}}',
      "id: {in: []}",
      `qualityIssue: {${this.pick(["eq: SUSPICIOUS_DATES", "in: [WITHOUT_SOURCE, ONE_SIDED_ENTRIES]"])}}`,
    ]);
  }

  key(type) {
    return this.pick([...(this.records.byType.get(type)?.keys() ?? []), "nobody"]);
  }

  id() {
    return this.pick([...this.records.byId.keys()]);
  }
}

/** Gives `count` valid documents. */
export function* generate(reference, seed, count) {
  const random = numbers(seed);
  for (let n = 0; n < count; ) {
    const query = new Writer(reference, random).document();
    // Variables that nobody uses, and fields that do not merge, are not what is tested here.
    const used = query.replace(/^query Q\((.*?)\) \{/, (_, list) => {
      const kept = list.split(/, (?=\$)/).filter((one) => query.split(one.match(/^\$\w+/)[0]).length > 2);
      return `query Q${kept.length ? `(${kept.join(", ")})` : ""} {`;
    });
    if (validate(reference.schema, parse(used)).length > 0) continue;
    n++;
    yield { name: `random ${seed}/${n}`, query: used, runs: ['{"no": false}', '{"no": true, "yes": false, "n": 1}'] };
  }
}
