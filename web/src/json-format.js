// Replaces Prettier's plugins for JSON, which format the variables and headers. Theirs include Prettier's JavaScript
// parser, which is several times as large as the rest of the formatter (see ../vite.config.js).

import { applyEdits, format } from 'jsonc-parser';

export const parsers = {
  jsonc: {
    astFormat: 'json-text',
    parse: (text) => ({ text: applyEdits(text, format(text, undefined, { insertSpaces: true, tabSize: 2 })) }),
    locStart: () => 0,
    locEnd: ({ text }) => text.length,
  },
};

export const printers = {
  'json-text': { print: ({ node }) => node.text },
};
