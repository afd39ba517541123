// The reference: graphql-js executes, over the exported data in memory. Nothing of the server's execution is used.

import { GraphQLError, buildSchema, getNamedType, graphql, isAbstractType, isEnumType, isObjectType } from "graphql";
import { Lists, byBytes, checkId, refuse, said } from "./lists.mjs";
import { claims } from "./claims.mjs";
import { dateOf, range } from "./dates.mjs";
import { place } from "./network.mjs";
import { distance, placeOf } from "./places.mjs";
import { issueOf } from "./quality.mjs";
import { NAME_KINDS, Records, snake } from "./records.mjs";
import { Timeline, tenures } from "./timeline.mjs";

export class Reference {
  constructor(sdl, directory) {
    this.schema = buildSchema(sdl);
    this.records = new Records(directory);
    this.lists = new Lists(this.schema, this.records);
    this.timeline = new Timeline(this.lists);
  }

  /** Answers a request; `occurred` are all errors of fields, also those that the answer need not keep. */
  async answer({ query, variables, operationName }) {
    const occurred = [];
    const answer = await graphql({
      schema: this.schema,
      source: query,
      variableValues: variables,
      operationName,
      fieldResolver: (source, args, _, info) => {
        try {
          const found = this.resolve(source, args, info);
          const items = Array.isArray(found) ? [...found.entries()] : [];
          occurred.push(...items.filter(([, item]) => item instanceof GraphQLError).map(([i, item]) => placed(item, info, i)));
          return found;
        } catch (error) {
          if (!(error instanceof GraphQLError)) throw error;
          occurred.push(placed(error, info));
          // Thrown, it would keep the fields beside this one from being asked.
          return Promise.reject(error);
        }
      },
      typeResolver: (record) => record.type,
    });
    for (const error of answer.errors?.filter(isOfArgument) ?? []) {
      // The field was not asked.
      error.extensions.code = "INVALID_ARGUMENT";
      occurred.push(error);
    }
    return { answer, occurred };
  }

  resolve(source, given, { parentType, fieldName, returnType, fieldNodes, variableValues }) {
    const args = { ...given };
    if (args.filter) {
      const node = fieldNodes[0].arguments.find((argument) => argument.name.value === "filter").value;
      args.filter = said(node, args.filter, variableValues);
    }
    if (args.near) {
      const node = fieldNodes[0].arguments.find((argument) => argument.name.value === "near").value;
      args.near = said(node, args.near, variableValues);
    }
    if (parentType.name === "Query") return this.root(fieldName, args, returnType);
    if (this.lists.isRecord(parentType.name)) return this.field(source, args, fieldName, returnType);
    // The other members stand in the order of their age.
    if (fieldName === "partners" && source.parent) return this.partners(source);
    if (fieldName === "partner") return this.partners(source)[0];
    if (fieldName === "distance" && source.node?.type === "Partnership") {
      return distance(placeOf(source.parent), placeOf(this.partners(source)[0]));
    }
    if (fieldName === "roles") return this.records.placeRoles(source.node, source.parent);
    if (parentType.name === "DataQuality") return this.doubtful(fieldName, args, returnType);
    const found = source[fieldName];
    return typeof found === "function" ? found(args) : found;
  }

  root(name, args, returnType) {
    const everything = this.schema.getPossibleTypes(this.schema.getType("Node")).map((type) => type.name);
    const byId = (id) => this.records.byId.get(checkId(id, everything)) ?? null;
    if (name === "node") return byId(args.id);
    // It asks without a key.
    if (name === "viewer") return { role: "READER", name: null, keyPrefix: null, expiresAt: null, sees: ["PUBLIC"], rateLimit: null };
    // The server that is compared limits nothing.
    if (name === "rateLimit") return null;
    if (name === "nodes") {
      if (args.ids.length > 100) throw refuse("INVALID_PAGE", "more than 100 ids");
      return args.ids.map((id) => attempt(() => byId(id)));
    }
    if (name === "timeline") return this.timeline.page(null, args);
    if (name === "dataQuality") return {};
    const type = getNamedType(returnType).name;
    if (this.lists.isRecord(type)) return this.lookUp(type, args.by);
    return this.list(type, args, () => true);
  }

  /** The records of a connection that pass. */
  list(connection, args, passes) {
    const item = connection.replace(/Connection$/, "");
    const all = () => this.lists.types(item).flatMap((record) => this.records.all(record)).filter(passes);
    return this.lists.page(item, all, args, null);
  }

  doubtful(field, args, returnType) {
    return this.list(getNamedType(returnType).name, args, (record) => this.lists.quality.has(record, issueOf(field)));
  }

  lookUp(type, { id, key, identifier }) {
    if (id != null) return this.records.byId.get(checkId(id, [type])) ?? null;
    if (key != null) return this.records.get(type, key);
    const same = (one) => one.scheme === identifier.scheme.toLowerCase() && one.value === identifier.value;
    return this.records.all(type).find((record) => record.identifiers.some(same)) ?? null;
  }

  field(record, args, name, returnType) {
    if (name === "id" || name === "key") return record[name];
    if (name === "label") return label(record, args);
    if (name === "names") return names(record, args.languages);
    if (name === "identifiers") return identifiers(record);
    if (name === "claims") return claims(this.records, record, args);
    if (name === "isDisputed") return claims(this.records, record, args).some(({ stance }) => stance === "CONTRADICTS");
    if (name === "timeline") return this.timeline.page(record, args);
    if (name === "tenures") return tenures(this.records, record);
    if (name === "network") return place(record, args, this.records);
    const column = snake(name);
    const type = getNamedType(returnType);
    if (type.name.endsWith("Connection")) {
      const child = getNamedType(type.getFields().nodes.type).name;
      return this.lists.page(child, () => this.records.related(record, name), args, record);
    }
    if (type.name === "EdtfDate") return this.records.date(record, column);
    if (isAbstractType(type)) return this.records.referred(record, column, null);
    if (isObjectType(type)) return this.records.referred(record, column, type.name);
    return leaf(record.cells[column], type);
  }

  partners({ node, parent }) {
    const others = this.records.related(node, "members").filter((city) => city !== parent);
    return others.sort((a, b) => (a.uuid < b.uuid ? -1 : 1));
  }
}

/** Whether an argument of a field could not be coerced, such as a null by way of a variable with a default value. */
export function isOfArgument({ message, path }) {
  return path !== undefined && message.startsWith('Argument "');
}

/** What a function gives, or the error for the client that it throws. */
function attempt(what) {
  try {
    return what();
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return error;
  }
}

/** An error with the path and the place of its field, or of an item of it. */
function placed(error, info, ...item) {
  const path = [...item];
  for (let step = info.path; step; step = step.prev) path.unshift(step.key);
  const { code } = error.extensions;
  return new GraphQLError(error.message, { nodes: info.fieldNodes, path, extensions: { code } });
}

/** A cell as GraphQL has it. */
function leaf(cell, type) {
  if (cell === null) return null;
  if (isEnumType(type)) return cell.toUpperCase();
  if (type.name === "Int" || type.name === "Float") return Number(cell);
  if (type.name === "Boolean") return cell === "true";
  if (type.name === "DateTime") return new Date(Number(cell)).toISOString();
  return cell;
}

/** Checks language tags, and gives their parts. */
function tags(languages) {
  if (languages.length > 10) throw refuse("INVALID_LANGUAGE", "more than 10 languages");
  return languages.map((tag) => {
    if (!/^[a-z]{2,8}(-[a-z0-9]{1,8})*$/i.test(tag)) throw refuse("INVALID_LANGUAGE", `${tag} is no language`);
    return tag.toLowerCase().split("-");
  });
}

/** The days of a date that a client gives. */
function rangeOf(text) {
  const found = range(text);
  if (found === null) throw refuse("INVALID_DATE", `${text} is no date`);
  return found;
}

/** The name in the first of the languages that there is one in, as the schema describes it. */
function label(record, { languages, at }) {
  const main = record.main === null ? null : { name: record.main, language: record.cells.language, kind: null, period: null };
  const day = at == null ? null : rangeOf(at);
  const holds = ({ kind, period }) => {
    if (day === null || period === null) return kind !== "former";
    const { from, to } = range(period);
    return from <= day.to && day.from <= to;
  };
  const known = (a, b) => (day === null ? 0 : (a.period === null) - (b.period === null));
  const all = [...(main ? [main] : []), ...record.names].filter(holds).sort((a, b) => known(a, b) || byKind(a, b));
  for (const parts of tags(languages)) {
    const means = all.find(({ language }) => language.toLowerCase() === parts.join("-"))
      ?? all.find(({ language }) => !language.includes("-x-") && written(language) === written(parts.join("-")))
      ?? all.find(({ language }) => language === languageAndScript(parts.join("-")));
    if (means) return shown(means);
    for (let n = parts.length; n > 0; n--) {
      // A single letter introduces what follows it, and goes with it.
      if (parts[n - 1].length === 1) continue;
      const found = all.find(({ language }) => language.toLowerCase() === parts.slice(0, n).join("-"));
      if (found) return shown(found);
    }
    const special = all.filter(({ language }) => language.toLowerCase().startsWith(`${parts[0]}-`));
    const readable = special.find(({ language }) => script(language) === script(parts.join("-")));
    if (readable ?? special[0]) return shown(readable ?? special[0]);
  }
  return main && shown(main);
}

const byKind = (a, b) => NAME_KINDS.indexOf(a.kind) - NAME_KINDS.indexOf(b.kind);
const shown = (name) => ({
  ...name, kind: name.kind?.toUpperCase() ?? null, period: name.period === null ? null : dateOf(name.period),
});

/** The script of a tag, or the likely one. */
const script = (tag) => new Intl.Locale(tag).maximize().script;

function languageAndScript(tag) {
  const { language, script } = new Intl.Locale(tag).maximize();
  return `${language}-${script}`;
}

/** The language and script of a tag, if its region is not another one than the likely one. */
function written(tag) {
  const { language, script, region } = new Intl.Locale(tag).maximize();
  const likely = new Intl.Locale(`${language}-${script}`).maximize().region;
  return region === likely ? `${language}-${script}` : tag;
}

/** The names beside the main name; those asked for, or in special forms of them. */
function names(record, languages) {
  const wanted = languages == null ? null : tags(languages).map((parts) => parts.join("-"));
  const asked = ({ language }) => wanted?.some((tag) => `${language.toLowerCase()}-`.startsWith(`${tag}-`)) ?? true;
  const order = (a, b) => byBytes(a.language, b.language) || byKind(a, b) || byBytes(a.name, b.name);
  return record.names.filter(asked).sort(order).map(shown);
}

const PLACES = {
  openstreetmap: "https://www.openstreetmap.org/", isni: "https://isni.org/isni/", viaf: "https://viaf.org/viaf/",
  lei: "https://search.gleif.org/#/record/",
  geonames: "https://www.geonames.org/", wikidata: "https://www.wikidata.org/entity/", ror: "https://ror.org/",
};

function identifiers(record) {
  const sorted = [...record.identifiers].sort((a, b) => (`${a.scheme}\0${a.value}` < `${b.scheme}\0${b.value}` ? -1 : 1));
  return sorted.map(({ scheme, value }) => ({
    scheme: scheme.toUpperCase(),
    value,
    url: PLACES[scheme] ? PLACES[scheme] + value : null,
  }));
}
