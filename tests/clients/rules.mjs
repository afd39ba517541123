// What a GraphQL server accepts and refuses, rule by rule: checks the documents in `rules` with graphql-js.
//
//   node rules.mjs
//
// The form of the documents is described in documents.mjs. Exit code 1 when graphql-js sees something differently.

import * as graphql16 from "graphql";
import * as graphql17 from "graphql17";
import { documents } from "./documents.mjs";
import { sdl } from "./schema.mjs";

/** Which rules of graphql-js may refuse the documents of a rule: each document is to have one mistake. */
const BLAMED = {
  "5.1.1": ["ExecutableDefinitionsRule"],
  "5.2.1.1": ["KnownOperationTypesRule"],
  "5.2.2.1": ["UniqueOperationNamesRule"],
  "5.2.3.1": ["LoneAnonymousOperationRule"],
  "5.2.4.1": ["SingleFieldSubscriptionsRule"],
  "5.3.1": ["FieldsOnCorrectTypeRule"],
  "5.3.2": ["OverlappingFieldsCanBeMergedRule"],
  "5.3.3": ["ScalarLeafsRule"],
  "5.4.1": ["KnownArgumentNamesRule"],
  "5.4.2": ["UniqueArgumentNamesRule"],
  "5.4.3": ["ProvidedRequiredArgumentsRule", "ValuesOfCorrectTypeRule"],
  "5.5.1.1": ["UniqueFragmentNamesRule"],
  "5.5.1.2": ["KnownTypeNamesRule"],
  "5.5.1.3": ["FragmentsOnCompositeTypesRule"],
  "5.5.1.4": ["NoUnusedFragmentsRule"],
  "5.5.2.1": ["KnownFragmentNamesRule"],
  "5.5.2.2": ["NoFragmentCyclesRule"],
  "5.5.2.3": ["PossibleFragmentSpreadsRule"],
  "5.6.1": ["ValuesOfCorrectTypeRule"],
  "5.6.2": ["ValuesOfCorrectTypeRule"],
  "5.6.3": ["UniqueInputFieldNamesRule"],
  "5.6.4": ["ValuesOfCorrectTypeRule"],
  "5.7.1": ["KnownDirectivesRule"],
  "5.7.2": ["KnownDirectivesRule"],
  "5.7.3": ["UniqueDirectivesPerLocationRule"],
  "5.8.1": ["UniqueVariableNamesRule"],
  // Such a variable fits nowhere.
  "5.8.2": ["VariablesAreInputTypesRule", "KnownTypeNamesRule", "VariablesInAllowedPositionRule"],
  "5.8.3": ["NoUndefinedVariablesRule"],
  "5.8.4": ["NoUnusedVariablesRule"],
  "5.8.5": ["VariablesInAllowedPositionRule"],
};

/**
 * Where versions of graphql-js are not the specification of September 2025: in which documents, and why. Where the
 * reason is something in the schema, `schema` is without it, and there must be no difference.
 */
const EXCEPTIONS = [
  {
    versions: [16],
    rule: "5.2.4.1",
    what: /^@(skip|include) .*(?<!variable|second field)$/,
    why: "that they may not stand there is new in 2025, likewise",
  },
  {
    versions: [16, 17],
    rule: "5.8.5",
    what: /^OneOf: .*need not be there/,
    why: "graphql-js does not look below a `!`: it refuses these only where the OneOf object itself need not be there",
    schema: (sdl) => sdl.replaceAll("by: CityBy!", "by: CityBy"),
  },
];

/** Whether graphql-js accepts a document, and which of its rules do not. */
async function judge(graphql, schema, { document: source, variables, operation }) {
  try {
    const document = graphql.parse(source);
    const rules = graphql.specifiedRules.filter((rule) => graphql.validate(schema, document, [rule]).length > 0);
    if (rules.length > 0) return { accepted: false, by: rules.map((rule) => rule.name) };
    const answer = await graphql.execute({ schema, document, variableValues: variables, operationName: operation });
    return { accepted: "data" in answer, by: ["execution"] };
  } catch (error) {
    return { accepted: false, by: [error.message] };
  }
}

const problems = [];
const used = new Set();
const rules = new Map();
const versions = [graphql16, graphql17].map((graphql) => [graphql, graphql.buildSchema(sdl())]);
for (const one of documents()) {
  const place = `${one.file}: ${one.rule}: ${one.accepted ? "+" : "-"} ${one.what}`;
  const number = one.rule.split(" ")[0];
  const rule = rules.get(one.rule) ?? { [true]: new Set(), [false]: new Set() };
  rules.set(one.rule, rule);
  if (rule[one.accepted].has(one.what)) problems.push(`${place}: twice`);
  rule[one.accepted].add(one.what);
  for (const [graphql, schema] of versions) {
    const { major } = graphql.versionInfo;
    const said = (verdict) => {
      const does = verdict.accepted ? "accepts" : "refuses";
      return `${place}: graphql-js ${major} ${does} it (${verdict.by.join(", ")})`;
    };
    const here = ({ versions, rule, what }) => versions.includes(major) && rule === number && what.test(one.what);
    const exception = one.accepted ? undefined : EXCEPTIONS.find(here);
    let verdict = await judge(graphql, schema, one);
    if (exception) {
      used.add(exception);
      if (verdict.accepted === one.accepted) problems.push(`${said(verdict)}: needs no exception`);
      if (!exception.schema) continue;
      verdict = await judge(graphql, graphql.buildSchema(exception.schema(sdl())), one);
    }
    if (verdict.accepted !== one.accepted) problems.push(said(verdict));
    const blamed = BLAMED[number];
    // What 16 does not know yet, it may refuse for another reason.
    if (major > 16 && !verdict.accepted && blamed && !verdict.by.every((name) => blamed.includes(name))) {
      problems.push(`${said(verdict)}: only ${blamed.join(", ")} should`);
    }
  }
}
for (const [name, rule] of rules) {
  // The schema has all types of operations, so no document can break this rule.
  const canBeBroken = !name.startsWith("5.2.1.1 ");
  if (!rule[true].size || (canBeBroken && !rule[false].size)) problems.push(`${name}: needs one of each`);
}
for (const number of Object.keys(BLAMED)) {
  if (![...rules.keys()].some((name) => name.startsWith(`${number} `))) problems.push(`${number}: no documents`);
}
for (const exception of EXCEPTIONS) {
  if (!used.has(exception)) problems.push(`${exception.rule}: an exception for nothing`);
}

const total = (accepted) => [...rules.values()].reduce((sum, rule) => sum + rule[accepted].size, 0);
for (const problem of problems) console.log(problem);
const count = `${rules.size} rules, ${total(true)} documents accepted, ${total(false)} refused`;
console.log(`${count}, ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
