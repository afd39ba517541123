// All of Monaco's workers in one, because most of their code is the same; the name says which one to be. A worker starts
// at the first message, which says nothing else.

import { initialize } from 'monaco-editor/esm/vs/editor/editor.worker.js';
import 'monaco-editor/esm/vs/language/json/json.worker.js';
import { GraphQLWorker } from 'monaco-graphql/esm/GraphQLWorker.js';

// Monaco's own file for JSON has set it, after the one for editors.
const json = self.onmessage;

const start = {
  graphql: () => initialize((context, data) => new GraphQLWorker(context, data)),
  json,
};

self.onmessage = start[self.name] ?? (() => initialize(null));
