// All of Monaco's workers in one file, because they share most of their code. The name of the worker selects which one
// it is. A worker starts at its first message, which has no other purpose.

import { initialize } from 'monaco-editor/esm/vs/editor/editor.worker.js';
import 'monaco-editor/esm/vs/language/json/json.worker.js';
import { GraphQLWorker } from 'monaco-graphql/esm/GraphQLWorker.js';

// Set by Monaco's file for JSON, which is imported after the one for editors.
const json = self.onmessage;

const start = {
  graphql: () => initialize((context, data) => new GraphQLWorker(context, data)),
  json,
};

self.onmessage = start[self.name] ?? (() => initialize(null));
