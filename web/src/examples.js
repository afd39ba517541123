// The tabs that the playground opens with: the files of ../examples, in their order.

// Vite reads these options, so they must be written out.
const queries = import.meta.glob('../examples/*.graphql', { eager: true, query: '?raw', import: 'default' });
const variables = import.meta.glob('../examples/*.json', { eager: true, query: '?raw', import: 'default' });

export const examples = Object.keys(queries)
  .sort()
  .map((path) => ({
    query: queries[path].trim(),
    variables: variables[path.replace('.graphql', '.json')]?.trim(),
  }));
