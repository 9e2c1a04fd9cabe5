import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { ROOT } from '../commands/program.js';
import { plainEnvironment } from '../support/run-process.js';

/** One piece of work in a workspace; the shapes of `asked` are in victim.mjs. */
export interface Work {
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly work: 'erase' | 'rectify';
  readonly asked: unknown;
}

/** Programs that do a piece of work and die by SIGKILL at one of its steps; the next one is loaded meanwhile. */
export class Victims {
  #next = start();

  /** Does the work to its end. @returns the names of its steps */
  async whole(work: Work): Promise<string[]> {
    const { child, answers } = await this.#send(work, 0);
    const [steps] = (await Promise.race([answers, failed(child)])) as [string[]];
    return steps;
  }

  /** Does the work up to a step, counted from 1. @returns what ended the program */
  async killed(work: Work, at: number): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    const { child } = await this.#send(work, at);
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return { code, signal };
  }

  async end(): Promise<void> {
    const child = await this.#next;
    child.kill();
    await once(child, 'exit');
  }

  async #send(work: Work, at: number) {
    const child = await this.#next;
    this.#next = start();
    const answers = once(child, 'message');
    answers.catch(() => {});
    child.send({ ...work, at });
    return { child, answers };
  }
}

async function start(): Promise<ChildProcess> {
  const child = fork(join(ROOT, 'test', 'recover', 'victim.mjs'), { env: plainEnvironment(), stdio: 'inherit' });
  await Promise.race([once(child, 'message'), failed(child)]);
  return child;
}

async function failed(child: ChildProcess): Promise<never> {
  const [code, signal] = await once(child, 'exit');
  throw new Error(`the program ended with ${code ?? signal}`);
}

/** The connections of the program to the database, the test's own among them. */
export async function backends(client: pg.Client): Promise<number[]> {
  const sql = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'gdpr'";
  return (await client.query<{ pid: number }>(sql)).rows.map(({ pid }) => pid);
}

/** Until the server has noticed that a killed program is gone, its locks are held: waits for all connections but these. */
export async function goneBut(client: pg.Client, own: readonly number[]): Promise<void> {
  while ((await backends(client)).some((pid) => !own.includes(pid))) await sleep(5);
}
