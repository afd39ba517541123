// The tabs that the playground opens with: the files in ../examples, sorted by name.

// Vite evaluates these options when it builds, so they must be literals.
const queries = import.meta.glob('../examples/*.graphql', { eager: true, query: '?raw', import: 'default' });
const variables = import.meta.glob('../examples/*.json', { eager: true, query: '?raw', import: 'default' });

export const examples = Object.keys(queries)
  .sort()
  .map((path) => ({
    query: queries[path].trim(),
    variables: variables[path.replace('.graphql', '.json')]?.trim(),
  }));
