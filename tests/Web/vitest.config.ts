import { defineConfig } from 'vitest/config';

// Whole journeys. Each file has a browser, a server and an agent of its own, so that one waits while another works.
export default defineConfig({
  test: {
    include: ['*.test.ts'],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    retry: 0,
  },
});
