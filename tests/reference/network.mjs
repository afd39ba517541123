// Networks: cities that partnerships join, and officials and organizations that have met.

import { range } from "./dates.mjs";
import { byBytes, refuse } from "./lists.mjs";
import { fold } from "./records.mjs";

const list = (cell) => (cell ? cell.split(";") : []);

/** What each network is of, by the type of its records. */
const PARTNERSHIPS = {
  name: "City", nodes: "cities", joints: "partnerships", neighbors: "partners", common: "commonPartners",
  types: ["City"], dates: ["since", "ended"], lasts: false,
  counted: ["ACTIVE", "SUSPENDED", "DISPUTED", "UNKNOWN"], past: ["ENDED"],
  members: (records) => records.all("Partnership").map((joint) => [joint, list(joint.cells.members).map((key) => records.get("City", key))]),
};
const MEETINGS = {
  name: "Contact", nodes: "contacts", joints: "activities", neighbors: "contacts", common: "commonContacts",
  types: ["Official", "Organization"], dates: ["start", "end"], lasts: true,
  counted: ["TOOK_PLACE"], past: [],
  members: (records) => {
    const members = new Map();
    for (const one of records.all("Participation")) {
      if (["planned", "invited", "welcome", "declined"].includes(one.cells.status)) continue;
      if (["inviter", "invitee"].includes(one.cells.role)) continue;
      const [joint, node] = ["activity", "participant"].map((column) => records.referred(one, column, null));
      if (!["Official", "Organization"].includes(node.type)) continue;
      if (!members.has(joint)) members.set(joint, new Set());
      members.get(joint).add(node);
    }
    return [...members].map(([joint, nodes]) => [joint, [...nodes]]);
  },
};
const NETWORKS = { City: PARTNERSHIPS, Official: MEETINGS, Organization: MEETINGS };

/** The names of records as lists are ordered by them. */
const folded = new WeakMap();
const nameOf = (record) => folded.get(record) ?? folded.set(record, fold(record.main)).get(record);
const byName = (a, b) => byBytes(nameOf(a), nameOf(b)) || byBytes(a.uuid, b.uuid);

/** The first and the last day on which something can have begun, and on which it can have ended. */
function days(joint, { dates, lasts, past }) {
  const [start, end] = dates.map((column) => (joint.cells[column] === null ? null : range(joint.cells[column])));
  const isOver = past.includes(joint.cells.status?.toUpperCase());
  const open = { from: isOver ? -Infinity : Infinity, to: Infinity };
  return { start: start ?? { from: -Infinity, to: end?.to ?? Infinity }, end: lasts ? { from: Infinity, to: Infinity } : end ?? open };
}

class View {
  constructor(network, records, args) {
    Object.assign(this, { network, records, args });
    const asOf = args.asOf == null ? null : range(args.asOf);
    if (asOf === null && args.asOf != null) throw refuse("INVALID_DATE", `${args.asOf} is no date`);
    if (asOf === null && args.certainty === "CERTAIN") throw refuse("INVALID_ARGUMENT", "there is no date");
    const statuses = args.statuses ?? [...network.counted, ...(asOf ? network.past : [])];
    const counts = (joint) => {
      const status = joint.cells.status?.toUpperCase();
      if (status === undefined ? args.statuses != null : !statuses.includes(status)) return false;
      const { start, end } = days(joint, network);
      if (asOf === null) return true;
      return args.certainty === "CERTAIN" ? start.to <= asOf.from && end.from >= asOf.to : start.from <= asOf.to && end.to >= asOf.from;
    };
    this.joined = new Map();
    this.reached = new Map();
    for (const [joint, members] of network.members(records).filter(([joint]) => counts(joint))) {
      const nodes = members.map((node) => this.whole(node));
      for (const one of nodes) for (const other of nodes) if (one !== other) this.join(one, other, joint);
    }
  }

  whole(record) {
    const parent = this.args.withParts && record.cells.kind === "district" && record.cells.parent;
    return parent ? this.whole(this.records.get("City", parent)) : record;
  }

  join(one, other, joint) {
    if (!this.joined.has(one)) this.joined.set(one, new Map());
    if (!this.joined.get(one).has(other)) this.joined.get(one).set(other, new Set());
    this.joined.get(one).get(other).add(joint);
  }

  neighbors(node) {
    return [...(this.joined.get(node)?.keys() ?? [])].sort(byName);
  }

  joints(one, other, first) {
    const order = (a, b) => {
      const [x, y] = [a, b].map((joint) => days(joint, this.network).start);
      return compared(x.from, y.from) || compared(x.to, y.to) || byBytes(a.uuid, b.uuid);
    };
    return [...(this.joined.get(one)?.get(other) ?? [])].sort(order).slice(0, length(first));
  }

  /** The distance of each record that can be reached, and the number of ways to it. */
  reach(start) {
    if (!this.reached.has(start)) this.reached.set(start, this.search(start));
    return this.reached.get(start);
  }

  search(start) {
    const found = new Map([[start, { distance: 0, ways: 1 }]]);
    let level = [start];
    for (let distance = 1; level.length > 0; distance++) {
      const next = new Set();
      for (const node of level) {
        for (const neighbor of this.joined.get(node)?.keys() ?? []) {
          if (!found.has(neighbor)) found.set(neighbor, { distance, ways: 0 });
          if (found.get(neighbor).distance !== distance) continue;
          found.get(neighbor).ways += found.get(node).ways;
          next.add(neighbor);
        }
      }
      level = [...next];
    }
    return found;
  }
}

const compared = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/** A number of items without pages. */
function length(first) {
  if (first != null && (first < 0 || first > 100)) throw refuse("INVALID_ARGUMENT", `first is ${first}`);
  return first ?? 10;
}

/** The views that were made, by what they are of. */
const views = new Map();

function viewOf(network, args, records) {
  const name = JSON.stringify([network.name, args]);
  if (!views.has(name)) views.set(name, new View(network, records, args));
  return views.get(name);
}

/** A record in its network. */
export function place(record, args, records) {
  const network = NETWORKS[record.type];
  const view = viewOf(network, args, records);
  const node = view.whole(record);
  const other = (by) => {
    const [type, { id, key, identifier }] = network.types.length === 1
      ? [network.types[0], by]
      : Object.entries(by).map(([kind, inner]) => [kind[0].toUpperCase() + kind.slice(1), inner])[0];
    const same = (one) => one.scheme === identifier.scheme.toLowerCase() && one.value === identifier.value;
    const found = id ? records.byId.get(id) : key ? records.get(type, key) : records.all(type).find((one) => one.identifiers.some(same));
    if (!found) throw refuse("INVALID_ARGUMENT", "there is no such record");
    return view.whole(found);
  };
  const page = (name, items, { first, after }) => {
    if (first != null && (first < 0 || first > 100)) throw refuse("INVALID_PAGE", `first is ${first}`);
    if (after != null) throw refuse("INVALID_CURSOR", `${after} is no cursor`);
    const shown = items.slice(0, first ?? 20);
    const edges = shown.map(({ node: item, ways }) => ({
      cursor: `cursor!${network.name}Network!${name}!${ways}!${item.id}`, node: item, ways,
      [network.joints]: (more) => view.joints(node, item, more.first),
    }));
    return {
      edges, nodes: shown.map((item) => item.node), totalCount: items.length,
      pageInfo: {
        hasNextPage: items.length > shown.length, hasPreviousPage: false,
        startCursor: edges.at(0)?.cursor ?? null, endCursor: edges.at(-1)?.cursor ?? null,
      },
    };
  };
  return {
    [network.neighbors]: ({ distance, ...slice }) => {
      const wanted = distance ?? 1;
      if (wanted < 1 || wanted > 10) throw refuse("INVALID_ARGUMENT", `distance is ${wanted}`);
      const found = [...view.reach(node)].filter(([, one]) => one.distance === wanted);
      const items = found.map(([item, { ways }]) => ({ node: item, ways }));
      return page(String(wanted), items.sort((a, b) => b.ways - a.ways || byName(a.node, b.node)), slice);
    },
    [network.common]: (given) => {
      const of = other(given.with);
      const items = view.neighbors(node).filter((one) => view.neighbors(of).includes(one));
      return page("common", items.map((item) => ({ node: item, ways: 1 })), given);
    },
    paths: ({ to, first }) => {
      const most = length(first);
      const end = other(to);
      const reached = view.reach(end);
      const { distance = null, ways = 0 } = reached.get(node) ?? {};
      const all = distance === null ? [] : paths(view, reached, [node], most);
      return {
        distance, totalCount: ways,
        nodes: all.map((path) => ({
          [network.nodes]: path,
          steps: path.slice(1).map((one, i) => ({ [network.joints]: (more) => view.joints(path[i], one, more.first) })),
        })),
      };
    },
    componentSize: () => view.reach(node).size,
  };
}

/** The first paths that begin with `path`, to where `reached` begins. */
function paths(view, reached, path, most) {
  const { distance } = reached.get(path.at(-1));
  if (distance === 0) return [path].slice(0, most);
  const nearer = view.neighbors(path.at(-1)).filter((next) => reached.get(next).distance === distance - 1);
  const found = [];
  for (const next of nearer) {
    if (found.length < most) found.push(...paths(view, reached, [...path, next], most - found.length));
  }
  return found;
}
