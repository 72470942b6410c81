import { defineConfig } from 'vitest/config';

// Whole journeys: one browser, one server, one agent. Files run one after the other, since they share the machine.
export default defineConfig({
  test: {
    include: ['*.test.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    retry: 0,
  },
});
