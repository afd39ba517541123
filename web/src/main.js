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

const url = new URL('../graphql', location.href);
const subscriptionUrl = new URL(url);
subscriptionUrl.protocol = url.protocol.replace('http', 'ws');

const fetcher = createGraphiQLFetcher({
  url: url.href,
  subscriptionUrl: subscriptionUrl.href,
  // Without this, it would request multipart responses, which the server does not support.
  enableIncrementalDelivery: false,
});

const headersHint = `Add request headers as JSON:

{ "Authorization": "Bearer your-key" }

They are deleted when you close this browser tab.`;

const pickEditors = pick('queryEditor', 'variableEditor', 'headerEditor', 'responseEditor');

/** Sets editor options that GraphiQL has no properties for. */
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
      // Everything is deleted with the browser tab, because headers can contain a key.
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
