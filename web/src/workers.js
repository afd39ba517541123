// Where Monaco finds its workers: one file of ours for all of them, which goes by the name it is given.

import url from './worker.js?worker&url';

globalThis.MonacoEnvironment = {
  getWorker: (_id, label) => new Worker(url, { name: label }),
};
