// A table of values at the places where values can stand: what is accepted, and what it means. Values are variables, parts of
// variables, default values and literals.

/** A place for a value of a type: a selection that depends on it. */
const PLACES = {
  Int: ["cities(first: VALUE, orderBy: KEY_ASC) { nodes { key } }", "cities(filter: {population: {gte: VALUE}}) { totalCount }"],
  Float: ["cities(filter: {latitude: {gt: VALUE}}) { totalCount }", "indicators(filter: {value: {lt: VALUE}}) { totalCount }"],
  String: ["cities(filter: {key: {gt: VALUE}}) { totalCount }", "cities(filter: {name: {contains: VALUE}}) { totalCount }"],
  Boolean: ["events(filter: {isSeries: {eq: VALUE}}) { totalCount }"],
  "Boolean!": ["cities(first: 1) { totalCount @include(if: VALUE) }", "cities(first: 1) { totalCount @skip(if: VALUE) nodes { key } }"],
  ID: ["cities(filter: {id: {eq: VALUE}}) { totalCount }"],
  "ID!": ["node(id: VALUE) { id }"],
  "[ID!]!": ["nodes(ids: VALUE) { id }"],
  "[ID!]": ["cities(filter: {id: {in: VALUE}}) { totalCount }"],
  "[String!]": ["cities(filter: {key: {in: VALUE}}) { totalCount }"],
  "[String!]!": ['city(by: {key: "espoo"}) { label(languages: VALUE) { name } }'],
  VisitOrder: ["visits(first: 2, orderBy: VALUE) { nodes { key } }"],
  VisitKind: ["visits(filter: {kind: {eq: VALUE}}) { totalCount }"],
  "[VisitKind!]": ["visits(filter: {kind: {in: VALUE}}) { totalCount }"],
  IntFilter: ["cities(filter: {population: VALUE}) { totalCount }"],
  CityFilter: ["cities(filter: VALUE) { totalCount }", "visits(filter: {toCity: VALUE}) { totalCount }"],
  "[CityFilter!]": ["cities(filter: {or: VALUE}) { totalCount }", "cities(filter: {and: VALUE}) { totalCount }"],
  "CityBy!": ["city(by: VALUE) { key }"],
};

/** Values as JSON, and as literals where they are written in another way. */
const VALUES = [
  ["null"], ["0"], ["1"], ["-1"], ["2"], ["2.0"], ["2e0"], ["-0"], ["-0.0"], ["2.5"], ["100"], ["101"], ["2147483647"],
  ["2147483648"], ["-2147483648"], ["9007199254740991"], ["1e300"], ["true"], ["false"], ['""'], ['"1"'], ['"espoo"'],
  ['"true"'], ['"DELEGATION"'], ['"DELEGATION"', "DELEGATION"], ['"delegation"', "delegation"], ['"START_ASC"', "START_ASC"],
  ['"fi"'], ["[]"], ["[null]"], ['["espoo"]'], ['["espoo", null]'], ['["fi", "zh"]'], ["[1]"], ["[2.0]"], ['[["espoo"]]'],
  ['["DELEGATION", "STATE"]', "[DELEGATION, STATE]"], ["{}"], ['{"eq": 5}', "{eq: 5}"], ['{"gte": 2.0}', "{gte: 2.0}"],
  ['{"eq": null}', "{eq: null}"], ['{"gte": 1, "isNull": false}', "{gte: 1, isNull: false}"], ['{"no": 1}', "{no: 1}"],
  ['{"key": "espoo"}', '{key: "espoo"}'], ['{"id": 1}', "{id: 1}"], ['{"key": "espoo", "id": null}', '{key: "espoo", id: null}'],
  ['{"key": null}', "{key: null}"], ['{"key": {"eq": "espoo"}}', '{key: {eq: "espoo"}}'], ['{"key": {}}', "{key: {}}"],
  ['{"population": {"gt": 1e5}}', "{population: {gt: 1e5}}"], ['{"population": {"gt": 100000.0}}', "{population: {gt: 100000.0}}"],
  ['[{"key": {"eq": "espoo"}}]', '[{key: {eq: "espoo"}}]'], ['[{}, {"key": {"eq": "espoo"}}]', '[{}, {key: {eq: "espoo"}}]'],
  ['{"or": {"key": {"eq": "espoo"}}}', '{or: {key: {eq: "espoo"}}}'],
];

/** All of them. A refused literal or default value is one of the documents that validation refuses. */
export function* coercions() {
  for (const [type, places] of Object.entries(PLACES)) {
    for (const [i, place] of places.entries()) {
      const at = (value) => place.replace("VALUE", value);
      const runs = VALUES.map(([json]) => `{"v": ${json}}`);
      yield { name: `${type} ${i}, as a variable`, query: `query ($v: ${type}) { ${at("$v")} }`, runs: ["{}", ...runs] };
      const nullable = type.replace(/!$/, "");
      const fallback = DEFAULTS[nullable];
      if (fallback) {
        const query = `query ($v: ${nullable} = ${fallback}) { ${at("$v")} }`;
        yield { name: `${type} ${i}, with a default value`, query, runs: ["{}", '{"v": null}', `{"v": ${runs.length}}`] };
      }
      // A literal means the same at each place of a type.
      for (const [json, literal = json] of i === 0 ? VALUES : []) {
        const name = `${type} ${i}, ${literal}`;
        yield { name: `${name}, as a literal`, query: `{ ${at(literal)} }`, runs: ["{}"] };
        yield { name: `${name}, as a default value`, query: `query ($v: ${nullable} = ${literal}) { ${at("$v")} }`, runs: ["{}"] };
      }
    }
  }
}

const DEFAULTS = {
  Int: "2", Float: "60", String: '"m"', Boolean: "true", ID: "1", "[String!]": '["fi"]', "[ID!]": "[]", VisitOrder: "KEY_ASC",
  VisitKind: "STATE", IntFilter: "{gt: 5}", CityFilter: '{key: {gt: "m"}}', CityBy: '{key: "espoo"}',
};
