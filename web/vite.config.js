import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { defineConfig } from 'vite';

const ours = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The folders of the packages that have something in the bundle. */
const packages = new Set();

const notePackages = {
  name: 'note-packages',
  moduleParsed({ id }) {
    const folder = /^[^\0].*\/node_modules\/(@[^/]+\/)?[^/]+/.exec(id);
    if (folder) packages.add(folder[0]);
  },
};

/** Writes the licences of the packages, which all ask to be passed on. */
const writeLicences = {
  name: 'write-licences',
  generateBundle() {
    const texts = [...packages].sort().map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`));
      const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|thirdpartynotices)/i.test(file));
      const contents = files.map((file) => readFileSync(`${folder}/${file}`, 'utf8').trim());
      return [`${name} ${version}: ${license}`, ...contents].join('\n\n');
    });
    const rule = `\n\n${'-'.repeat(80)}\n\n`;
    this.emitFile({ type: 'asset', fileName: 'licences.txt', source: `${texts.join(rule)}\n` });
  },
};

/** Compresses once, as well as can be, what the server would compress for everyone who asks. */
const compress = {
  name: 'compress',
  writeBundle({ dir }, bundle) {
    for (const file of Object.keys(bundle)) {
      const small = brotliCompressSync(readFileSync(`${dir}/${file}`));
      writeFileSync(`${dir}/${file}.br`, small);
    }
  },
};

export default defineConfig({
  // Relative, so that the playground also works behind a proxy that adds a prefix.
  base: './',
  resolve: {
    alias: {
      'monaco-editor/esm/vs/editor/edcore.main.js': ours('src/monaco.js'),
      'prettier/parser-babel': ours('src/json-format.js'),
      'prettier/plugins/estree': ours('src/json-format.js'),
    },
  },
  plugins: [notePackages, writeLicences, compress],
  worker: {
    plugins: () => [notePackages],
    rollupOptions: {
      output: { inlineDynamicImports: true },
      // The worker could format, too, but nothing asks it to.
      external: /^prettier\//,
    },
  },
  build: {
    // Nothing as a `data:` address, which the server's Content-Security-Policy allows to no font.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Monaco is large, and loaded once.
    chunkSizeWarningLimit: 4096,
    rollupOptions: {
      onwarn(warning, warn) {
        // The "use client" of React's world is for pages rendered by a server.
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
      },
    },
  },
});
