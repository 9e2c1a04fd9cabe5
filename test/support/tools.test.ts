import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { missingTools, outsideTool } from './tools.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gdpr-test-tools-'));
  vi.stubEnv('PATH', ['/nonexistent', folder].join(delimiter));
  vi.stubEnv('REQUIRE_OUTSIDE_TOOLS', undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

async function install(name: string, mode: number): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, '#!/bin/sh\n');
  await chmod(path, mode);
  return path;
}

describe('an outside tool', () => {
  it('is found on the path, under any of its names', async () => {
    expect(outsideTool('chromium')).toEqual({ available: false, path: 'chromium' });
    const path = await install('google-chrome', 0o755);
    expect(outsideTool('chromium')).toEqual({ available: true, path });
    expect(missingTools()).not.toContain('chromium');
  });

  it('is missing when it cannot be run', async () => {
    await install('xmlsec1', 0o644);
    expect(outsideTool('xmlsec1')).toEqual({ available: false, path: 'xmlsec1' });
    expect(missingTools()).toContain('xmlsec1');
  });

  it('must be there on a build server', () => {
    vi.stubEnv('REQUIRE_OUTSIDE_TOOLS', '1');
    expect(() => outsideTool('age')).toThrow('age is not installed');
  });
});
