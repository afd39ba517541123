// The comparison must see what it is for: each change below makes another answer of it.

import assert from "node:assert/strict";
import { compare } from "./compare.mjs";

const error = { message: "no", path: ["b", 0, "c"], locations: [{ line: 1, column: 5 }], extensions: { code: "X" } };
const reference = { data: { a: 60, b: [null, { c: "cursor!City!KEY_ASC!espoo" }] }, errors: [error] };
const text = `{"errors":[${JSON.stringify(error)}],"data":{"a":60.0,"b":[null,{"c":"Zm9v"}]}}`;
const below = { ...error, path: ["b", 0, "d"] };
const occurred = [error, below];
const seen = (changed, cursors = new Map()) => compare(changed, reference, occurred, cursors).differences.length > 0;
const change = (from, to) => {
  assert(text.includes(from));
  return text.replace(from, to);
};

assert(!seen(text), "the same answer, its numbers and cursors written in another way");
assert(seen(text, new Map([["Zm9v", "cursor!City!KEY_ASC!turku"]])), "a cursor that meant another place");
for (const [what, changed] of Object.entries({
  "another value": change("60.0", "61.0"),
  "another order of keys": `{"errors":[${JSON.stringify(error)}],"data":{"b":[null,{"c":"Zm9v"}],"a":60}}`,
  "a key that stands twice": change('"a":60.0', '"a":60.0,"a":60.0'),
  "a value where there is none": change("[null,", "[{},"),
  "null for an object": change('{"c":"Zm9v"}', "null"),
  "a missing field": change('"a":60.0,', ""),
  "a missing item": change('null,{"c"', '{"c"'),
  "no error": text.replace(/"errors":\[.*\],"data"/, '"data"'),
  "an error elsewhere": change('["b",0,"c"]', '["b",1,"c"]'),
  "an error of another kind": change('"X"', '"Y"'),
  "an error from another place of the document": change('"column":5', '"column":6'),
  "an error that stands twice": change("[{\"message\"", `[${JSON.stringify(error)},{"message"`),
  "a further error that made nothing null": change("[{\"message\"", `[${JSON.stringify({ ...error, path: ["a"] })},{"message"`),
  "no data": `{"errors":[${JSON.stringify(error)}]}`,
})) {
  assert(seen(changed), what);
}
// Two errors below one null: either will do, and both; but not none, and none that did not occur.
const withErrors = (...errors) => change(JSON.stringify(error), errors.map((one) => JSON.stringify(one)).join());
assert(!seen(withErrors(error, below)), "both");
assert(!seen(withErrors(below)), "the other");
assert(seen(withErrors({ ...error, path: ["b", 0, "e"] })), "one that did not occur");
assert(!compare(withErrors(below), reference, occurred, new Map()).same);
assert(compare(text, reference, occurred, new Map()).same);
// A field that may be null is null because of its own error, and no other will do.
const own = { ...error, path: ["b", 0] };
const other = `{"errors":[${JSON.stringify(below)}],"data":{"a":60,"b":[null]}}`;
assert(compare(other, { data: { a: 60, b: [null] }, errors: [own] }, [own, below], new Map()).differences.length > 0);
