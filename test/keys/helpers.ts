import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { GdprError } from '../../src/foundation/errors.js';

const ORGANIZATION = 'SIA "Grāmatu nams, Rīga"';
const COMMON_NAME = 'Arhīvu paraksts';
export const NOW = new Date('2026-03-02T03:00:00Z');
export const PASSPHRASE = 'pieci zaļi lāči peld upē';
export const SUBJECT = { organization: ORGANIZATION, commonName: COMMON_NAME, now: NOW };

/** A folder of its own for the test file, gone afterwards. Called outside of hooks, where afterAll is heard. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'keys-test-'));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The refusal that a promise ends in; anything else fails the test. */
export async function refusal(promise: Promise<unknown>): Promise<GdprError> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    if (error instanceof GdprError) return error;
    throw error;
  }
  throw new Error(`expected a refusal, got ${typeof value}`);
}
