import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Built by scripts/dashboard.js; `npm run dashboard` serves it with the API of another terminal behind it. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: 'dist',
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_000,
  },
  worker: { format: 'es' },
  server: {
    proxy: Object.fromEntries(
      ['/v1', '/auth', '/docs', '/openapi.json'].map((path) => [
        path,
        process.env['RAMPART_URL'] ?? 'http://127.0.0.1:8080',
      ]),
    ),
  },
});
