// Tells Monaco where its workers are: in one file, which selects the worker by its name.

import url from './worker.js?worker&url';

globalThis.MonacoEnvironment = {
  getWorker: (_id, label) => new Worker(url, { name: label }),
};
