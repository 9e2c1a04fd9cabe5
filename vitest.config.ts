import { defineConfig } from 'vitest/config';

// A developer's shell must not lead a test to a real database or workspace; workers inherit this environment.
for (const name of Object.keys(process.env)) {
  if (name === 'DATABASE_URL' || name.startsWith('GDPR_') || name.startsWith('PG')) delete process.env[name];
}

// The build server reads the counts from a file, beside the output that people read.
const report = process.env.TEST_REPORT;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/global-setup.ts'],
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    // Tests of retention look years ahead; the refusal of a clock that is ahead has its own.
    env: { GDPR_TEST_CLOCK: 'ahead' },
    disableConsoleIntercept: true,
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 90_000,
    hookTimeout: 300_000,
    teardownTimeout: 30_000,
  },
});
