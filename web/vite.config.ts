// Builds the page into dist/web, which the gateway serves; in development it passes API calls on to a local gateway.
import { resolve } from 'node:path';
import { defineConfig } from 'vite';

const GATEWAY = 'http://127.0.0.1:8787';

/** Everything is a file of its own: the page's policy allows no inline script, no inline style and no `data:` address. */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  build: {
    outDir: resolve(import.meta.dirname, '../dist/web'),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
  },
  server: { proxy: { '/v1': { target: GATEWAY, ws: true } } },
});
