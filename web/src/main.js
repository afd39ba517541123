import './workers.js';

import { pick, useGraphiQL } from '@graphiql/react';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createElement, useEffect } from 'react';
import { createRoot } from 'react-dom/client';

import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './style.css';

import { examples } from './examples.js';

const url = new URL('/graphql', location.href);
const subscriptionUrl = new URL(url);
subscriptionUrl.protocol = url.protocol.replace('http', 'ws');

const fetcher = createGraphiQLFetcher({
  url: url.href,
  subscriptionUrl: subscriptionUrl.href,
  // Else it would ask for multipart answers, which the server does not give.
  enableIncrementalDelivery: false,
});

const headersHint = `A key goes here, as a header:

{ "Authorization": "Bearer your-key" }

Closing this browser tab forgets it.`;

const pickEditors = pick('queryEditor', 'variableEditor', 'headerEditor', 'responseEditor');

/** Sets what GraphiQL leaves to the defaults of its editors. */
function EditorOptions() {
  const { queryEditor, variableEditor, headerEditor, responseEditor } = useGraphiQL(pickEditors);
  useEffect(() => {
    for (const editor of [queryEditor, variableEditor, headerEditor, responseEditor]) {
      editor?.updateOptions({ fontSize: 14, wordWrap: 'on' });
    }
    headerEditor?.updateOptions({ placeholder: headersHint });
  }, [queryEditor, variableEditor, headerEditor, responseEditor]);
}

createRoot(document.getElementById('playground')).render(
  createElement(
    GraphiQL,
    {
      fetcher,
      defaultTabs: examples,
      defaultQuery: '',
      defaultEditorToolsVisibility: true,
      // Nothing outlives the browser tab: headers may hold a key.
      storage: sessionStorage,
      shouldPersistHeaders: true,
    },
    createElement(
      GraphiQL.Logo,
      null,
      createElement('a', { href: '/', className: 'graphiql-logo-link' }, 'coopgraph'),
    ),
    createElement(EditorOptions),
  ),
);
