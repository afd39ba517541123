// A document for each kind of record that selects all of its fields, made from the schema: what is added to the schema is
// compared by itself.

import { getNamedType, isAbstractType, isCompositeType, isRequiredArgument } from "graphql";
import { BEYOND } from "./random.mjs";

/** The entries of a timeline. */
const ENTRIES = "nodes { kind date { edtf earliest } record { __typename ... on Record { id key } } }";

/** A record that others are compared with in their network, by the type of the argument that names it. */
const OTHERS = { CityBy: '{key: "shanghai"}', ContactBy: '{official: {key: "pan-xiaogang"}}' };

/** All that a network has. */
function network(type) {
  const fields = Object.values(type.getFields()).map((field) => {
    const inner = getNamedType(field.type);
    const needed = field.args.filter(isRequiredArgument).map((arg) => `${arg.name}: ${OTHERS[getNamedType(arg.type).name]}`);
    const head = `${field.name}${needed.length > 0 ? `(${needed.join(", ")})` : ""}`;
    if (!isCompositeType(inner)) return head;
    const isRecord = isAbstractType(inner) || inner.getInterfaces().length > 0;
    return `${head} ${isRecord ? "{ __typename ... on Record { id key } }" : network(inner)}`;
  });
  return `{ ${fields.join(" ")} }`;
}

/** All fields of a type; of the records that it leads to, enough to tell which they are. */
function select(type) {
  if (isAbstractType(type)) return "{ __typename ... on Record { id key } }";
  const fields = Object.values(type.getFields()).map((field) => {
    const inner = getNamedType(field.type);
    if (!isCompositeType(inner)) return field.name;
    if (field.name === "network") return `network ${network(inner)}`;
    const names = field.args.map((arg) => arg.name);
    if (inner.name === "TimelineEntryConnection") return `${field.name}(first: 2) { totalCount ${ENTRIES} edges { cursor } }`;
    if (names.includes("first")) return `${field.name}(first: 2) { totalCount nodes { id key } edges { cursor } }`;
    const args = names.includes("languages") ? '(languages: ["zh", "fi"])' : "";
    const record = isAbstractType(inner) || inner.getInterfaces().length > 0;
    return `${field.name}${args} ${record ? "{ __typename ... on Record { id key } }" : select(inner)}`;
  });
  return `{ ${fields.join(" ")} }`;
}

export function* everything(schema) {
  for (const field of Object.values(schema.getQueryType().getFields())) {
    const { nodes } = getNamedType(field.type).getFields();
    if (!nodes || BEYOND.includes(field.name)) continue;
    const type = getNamedType(nodes.type).name;
    if (type === "TimelineEntry") {
      for (const page of ["first: 100", "last: 5", "first: 100, orderBy: DATE_DESC"]) {
        yield { name: `${field.name}, ${page}`, query: `{ ${field.name}(${page}) { ${ENTRIES} } }`, runs: ["{}"] };
      }
      yield* groups(schema, field.name, type);
      continue;
    }
    for (const page of ["first: 5", "last: 5"]) {
      const query = `{ ${field.name}(${page}, orderBy: KEY_ASC) { nodes ${select(getNamedType(nodes.type))} } }`;
      yield { name: `${field.name}, ${page}`, query, runs: ["{}"] };
    }
    yield* groups(schema, field.name, type);
  }
}

/** The groups of a list by each key. */
function* groups(schema, list, type) {
  const keys = schema.getType(`${type}GroupKey`)?.getValues() ?? [];
  for (const { name } of keys) {
    const figures = schema.getType(`${type}Figure`)?.getValues() ?? [];
    const figure = figures.map((one) => `${one.name}: figure(of: ${one.name}) { count min max }`).join(" ");
    const latest = schema.getType(`${type}Group`).getFields().latest ? "latest { id key }" : "";
    const group = `count keys { value record { id key } } distinct(of: ${keys[0].name}) ${figure} ${latest}`;
    const query = `{ ${list} { groups(by: ${name}, first: 5, orderBy: KEY_ASC) { totalCount nodes { ${group} } } } }`;
    yield { name: `${list}, grouped by ${name}`, query, runs: ["{}"] };
  }
}
