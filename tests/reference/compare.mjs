// What it means that two answers are the same.
//
// Data is compared as text, token by token, so that the order of keys counts and a key that stands twice is seen. Two
// things are free: how a number is written (`60` or `60.0`), and the text of cursors, which are opaque: one of the server's
// must always mean the same place.
//
// Errors are compared by path, code, and first location; messages are free. Where several fields fail below one place that
// becomes null, the specification lets a server keep any of the errors, or stop after the first. So: each error of the
// server must be one of those that occurred in the reference, kept or not; each error that the reference kept must be
// there, unless it made a place further up null and the server has another error below that place.

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[[\]{}:,]/g;

/**
 * Says what differs between the server's answer, as text, and the reference's; and whether the errors are equal.
 * `occurred` are all errors of the reference, also those that it did not keep.
 */
export function compare(text, reference, occurred, cursors) {
  const server = JSON.parse(text);
  const expected = reference.data === undefined ? undefined : JSON.stringify(reference.data);
  const found = dataOf(text);
  const differences = [];
  if (expected === undefined || found === undefined) {
    if (expected !== found) differences.push(`data: expected ${expected}, found ${found}`);
    if (!server.errors?.length) differences.push("neither data nor errors");
    // A request that is refused as a whole; what validation says is not compared here.
    return { differences, same: true };
  }
  const place = firstDifference(expected.match(TOKEN), found.match(TOKEN), cursors);
  if (place) differences.push(`data: ${place}`);
  const errors = compareErrors(server, reference.errors ?? [], occurred);
  return { differences: [...differences, ...errors.differences], same: errors.same };
}

/** The text of `data`, as it stands in the answer. */
function dataOf(text) {
  let depth = 0;
  for (const token of text.matchAll(TOKEN)) {
    if (depth === 1 && token[0] === '"data"' && text[token.index + 6] === ":") {
      return text.slice(token.index + 7, end(text, token.index + 7));
    }
    if ("[{".includes(token[0])) depth++;
    if ("]}".includes(token[0])) depth--;
  }
  return undefined;
}

/** Where the value that starts at `from` ends. */
function end(text, from) {
  let depth = 0;
  for (const token of text.slice(from).matchAll(TOKEN)) {
    if ("[{".includes(token[0])) depth++;
    if ("]}".includes(token[0])) depth--;
    if (depth === 0) return from + token.index + token[0].length;
  }
  return text.length;
}

function firstDifference(expected, found, cursors) {
  for (let i = 0; i < Math.max(expected.length, found.length); i++) {
    const [a, b] = [expected[i], found[i]];
    if (a === b || (a !== undefined && b !== undefined && sameToken(a, b, cursors))) continue;
    const around = (tokens) => tokens.slice(Math.max(0, i - 12), i + 6).join("");
    return `expected …${around(expected)}…, found …${around(found)}…`;
  }
  return null;
}

function sameToken(a, b, cursors) {
  if (a.startsWith('"cursor!') && b.startsWith('"')) {
    const [meaning, cursor] = [JSON.parse(a), JSON.parse(b)];
    const known = cursors.get(cursor) ?? meaning;
    cursors.set(cursor, known);
    return known === meaning;
  }
  return /^-?\d/.test(a) && /^-?\d/.test(b) && Number(a) === Number(b);
}

function compareErrors(server, kept, occurred) {
  const shown = ({ path, locations, extensions }) => JSON.stringify([path, extensions?.code, locations?.[0]]);
  const [expected, possible, found] = [kept, occurred, server.errors ?? []].map((errors) => errors.map(plain).map(shown));
  const differences = [];
  if (new Set(found).size < found.length) differences.push("an error stands twice");
  for (const error of found) if (!possible.includes(error)) differences.push(`unexpected error ${error}`);
  const places = (server.errors ?? []).map(({ path }) => nullAt(server.data, path));
  for (const error of expected.filter((one) => !found.includes(one))) {
    const [path] = JSON.parse(error);
    const place = nullAt(server.data, path);
    if (place === JSON.stringify(path) || !places.includes(place)) differences.push(`missing error ${error}`);
  }
  return { differences, same: found.length === expected.length && found.every((error) => expected.includes(error)) };
}

/** An error as clients see it. */
const plain = (error) => error.toJSON?.() ?? error;

/** The place on a path at which the data is null, or `null` if there is none. */
function nullAt(data, path = []) {
  let [value, i] = [data, 0];
  while (value !== null && value !== undefined && i < path.length) value = value[path[i++]];
  return value === null ? JSON.stringify(path.slice(0, i)) : null;
}
