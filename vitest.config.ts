import { defineConfig } from 'vitest/config'

/** Bounds on hanging, not on speed: a busy machine must not fail a test. */
const patience = { testTimeout: 180_000, hookTimeout: 180_000, expect: { poll: { timeout: 60_000 } } }

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          setupFiles: ['tools/property-seed.ts'],
          ...patience,
          include: [
            'packages/*/src/**/*.test.ts',
            'packages/*/contract/**/*.test.ts',
            'tools/**/*.test.ts',
            'bench/**/*.test.ts',
            'e2e/simulation/**/*.test.ts',
          ],
          exclude: ['**/*.real.test.ts', '**/*.long.test.ts', '**/node_modules/**'],
        },
      },
      {
        test: {
          name: 'long',
          setupFiles: ['tools/property-seed.ts'],
          ...patience,
          include: ['**/*.long.test.ts'],
          exclude: ['**/node_modules/**'],
        },
      },
      {
        test: {
          name: 'real',
          include: ['**/*.real.test.ts'],
          exclude: ['**/node_modules/**'],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
})
