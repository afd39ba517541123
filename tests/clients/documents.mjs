// The documents in `rules`: what a GraphQL server accepts and refuses, rule by rule.
//
// The documents are written against our schema. In the files,
//
//   #= NUMBER NAME         begins a rule of the specification,
//   #+ WHAT                begins a document that is accepted,
//   #- WHAT                begins one that is refused: the answer has errors, and no `data`.
//   #: variables JSON      (right below) are its variables,
//   #: operation NAME      (right below) is the operation to run.
//
// The document is what follows, up to the next `#=`, `#+` or `#-` at the beginning of a line; text before the first
// `#=` is for readers. All of this is comments to GraphQL.

import { readFileSync, readdirSync } from "node:fs";

/** All documents. */
export function* documents() {
  const folder = new URL("rules/", import.meta.url);
  for (const file of readdirSync(folder).sort()) {
    for (const part of readFileSync(new URL(file, folder), "utf8").split(/^#= /m).slice(1)) {
      const [head, ...bodies] = part.split(/^(?=#[+-] )/m);
      const rule = head.split("\n", 1)[0];
      for (const body of bodies) {
        const [, sign, what, settings, document] = body.match(/^#([+-]) (.*)\n((?:#: .*\n)*)([^]*)$/);
        const setting = (word) => settings.match(new RegExp(`^#: ${word} (.*)$`, "m"))?.[1];
        const variables = JSON.parse(setting("variables") ?? "{}");
        yield { file, rule, what, accepted: sign === "+", document, variables, operation: setting("operation") };
      }
    }
  }
}
