// The schema of the server, with what it is about to get.

import { readFileSync } from "node:fs";

const SOON = [
  [
    /^type Subscription\b/m,
    `type Subscription { datasetChanged: DatasetVersion! }
     type DatasetVersion { version: Int! changedAt: DateTime! }
     extend schema { subscription: Subscription }`,
  ],
  [
    /^\trateLimit\b/m,
    `extend type Query { rateLimit: RateLimit }
     type RateLimit { limit: Int! cost: Int! remaining: Int! resetAt: DateTime! }`,
  ],
];

/** The schema in GraphQL's definition language. */
export function sdl() {
  const written = readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8");
  const missing = SOON.filter(([there]) => !there.test(written)).map(([, definitions]) => definitions);
  return [written, ...missing].join("\n");
}
