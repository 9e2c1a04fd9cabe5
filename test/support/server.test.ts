import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { expect, it } from 'vitest';

async function refusal(url: string): Promise<string | undefined> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  try {
    await client.connect();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  } finally {
    await client.end().catch(() => {});
  }
}

it('ends with a process that is killed', { timeout: 120_000 }, async () => {
  const module = pathToFileURL(`${import.meta.dirname}/server.ts`).href;
  const script = `const { startServer } = await import(${JSON.stringify(module)});
    process.stdout.write((await startServer()).url);
    setInterval(() => {}, 1000);`;
  const starter = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = (await once(starter.stdout, 'data')).map(String) as [string];
  expect(await refusal(url)).toBeUndefined();

  starter.kill('SIGKILL');

  const deadline = Date.now() + 20_000;
  while ((await refusal(url)) !== 'ECONNREFUSED' && Date.now() < deadline) await sleep(100);
  expect(await refusal(url)).toBe('ECONNREFUSED');
});
