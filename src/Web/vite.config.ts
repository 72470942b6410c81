import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// `ORBIT_SERVER=http://127.0.0.1:8080 npm run dev` serves the pages from source in front of a running control plane.
const server = process.env.ORBIT_SERVER ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // the content policy allows no data: scripts, and files are cached for good anyway
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1500,
  },
  worker: { format: 'es' },
  server: {
    proxy: Object.fromEntries(
      ['/orbit.v1.', '/api/', '/reports/', '/healthz', '/readyz', '/openapi.json'].map((path) => [path, { target: server }]),
    ),
  },
  test: { include: ['src/**/*.test.{ts,tsx}'], environment: 'node' },
});
