import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { makeDemo } from '../examples/bookshop/demo.js';
import { NO_NEEDLES } from '../src/customer/residue/needles.js';
import { proveResidue } from '../src/customer/residue/prove.js';
import { openContext } from '../src/workspace/open.js';
import { startServer } from '../test/support/server.js';
import { outsideTool } from '../test/support/tools.js';

/**
 * The search for what is left of a person beside `pg_dump | grep` for the same values, alternating, on a server of its
 * own: of the release of pg_dump, which refuses newer ones.
 *
 * Arguments: --customers N (default 100000), --runs N (default 5), --quick (10000 customers, 3 runs), --json.
 */
const quick = process.argv.includes('--quick');
const argument = (name: string, fallback: number) =>
  Number(process.argv[process.argv.indexOf(`--${name}`) + 1] ?? Number.NaN) || fallback;
const customers = argument('customers', quick ? 10_000 : 100_000);
const runs = argument('runs', quick ? 3 : 5);
const ERASED = 10_000;

/** The person of the demo, as an operator names her. */
const PERSON = { email: 'anna.berzina@pasts.example', phone: '21234567', name: 'Anna Bērziņa' };

interface Job {
  readonly name: string;
  readonly rival: string;
  run(): Promise<void>;
  against(): Promise<void>;
}

/** Ends the bench when the program fails; 5 and 1 are answers (residue; nothing that grep met). */
async function shell(command: readonly string[], environment: NodeJS.ProcessEnv, folder: string): Promise<void> {
  const [program = '', ...rest] = command;
  const { status, stderr } = spawnSync(program, rest, {
    env: environment,
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  if (![0, 1, 5].includes(status ?? -1)) throw new Error(`${program} ended with ${status}: ${stderr}`);
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / 1e9;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Tombstones of people who left nothing: whole and random codes, as erasures write them. */
async function entomb(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`
      INSERT INTO gdpr.tombstone (subject, operation, ground, map_digest)
      SELECT 'subject:' || translate(left(md5(n::text) || md5(n::text), 26), '0123456789', 'ghijklmnop'),
        (SELECT min(id) FROM gdpr.operation), '17(1)(b)', 'sha256:' || repeat('0', 64) FROM generate_series(1, ${ERASED}) n;
      INSERT INTO gdpr.tombstone_identifier (subject, operation, kind, hmac, key_version)
      SELECT t.subject, t.operation, k, rtrim(translate(encode(sha256((t.subject || k)::bytea), 'base64'), '+/', '-_'), '='), 'hmac-1'
      FROM gdpr.tombstone t, unnest(ARRAY['email', 'phone', 'row', 'code']) k`);
    await client.query('VACUUM ANALYZE');
  } finally {
    await client.end();
  }
}

const dump = outsideTool('pg_dump').path;
const older = outsideTool('postgresql-15');
const server = await startServer(older.available ? dirname(older.path) : undefined);
const root = await mkdtemp(join(tmpdir(), 'gdpr-bench-'));
try {
  const environment = { ...process.env, DATABASE_URL: server.url, GDPR_OPERATOR: 'bench' };
  const surroundings = {
    folder: root,
    workspace: root,
    environment,
    passphrase: async () => undefined,
    signal: new AbortController().signal,
  };
  await makeDemo(surroundings, root, { customers, seed: 1 }, () => {});
  const gdpr = (...words: string[]) => [process.execPath, join(import.meta.dirname, '../bin/run.js'), ...words];
  const person = gdpr(
    ...['customer', 'residue', '--email', PERSON.email, '--phone', PERSON.phone, '--name', PERSON.name],
  );
  await shell([...person, '--json'], environment, root);
  await entomb(server.url);
  const patterns = Array.from({ length: ERASED }, (_, i) => `erased${i}@nowhere.example\n${24_000_000 + i * 7}x\n`);
  await writeFile(join(root, 'patterns'), patterns.join(''));
  const grep = (...words: string[]) => ['sh', '-c', `'${dump}' '${server.url}' | grep -c ${words.join(' ')}`];
  const given = ['-i', '-e', PERSON.email, '-e', PERSON.phone, '-e', `'${PERSON.name}'`];
  const context = await openContext(surroundings);
  const needles = { ...NO_NEEDLES, emails: [PERSON.email], phones: [PERSON.phone], names: [PERSON.name] };
  const one = 'pg_dump | grep -i';
  const jobs: Job[] = [
    {
      name: 'the search itself, one person',
      rival: one,
      run: async () => void (await proveResidue(context, [{ needles }], () => {})),
      against: () => shell(grep(...given), environment, root),
    },
    {
      name: 'customer residue, one person',
      rival: one,
      run: () => shell([...person, '--json'], environment, root),
      against: () => shell(grep(...given), environment, root),
    },
    {
      name: `customer residue --sweep, ${ERASED} erased`,
      rival: 'pg_dump | grep -F -f',
      run: () => shell(gdpr('customer', 'residue', '--sweep', '--json'), environment, root),
      against: () => shell(grep('-F', '-f', join(root, 'patterns')), environment, root),
    },
  ];
  const rows = [];
  for (const { name, rival, run, against } of jobs) {
    const pairs: { mine: number; theirs: number }[] = [];
    // The first pair warms caches and is not counted.
    for (let i = 0; i <= runs; i += 1) pairs.push({ mine: await seconds(run), theirs: await seconds(against) });
    const counted = pairs.slice(1);
    const ratios = counted.map(({ mine, theirs }) => mine / theirs);
    rows.push({
      job: name,
      rival,
      seconds: median(counted.map(({ mine }) => mine)),
      rivalSeconds: median(counted.map(({ theirs }) => theirs)),
      ratio: median(ratios),
      spread: [Math.min(...ratios), Math.max(...ratios)] as const,
    });
  }
  await context.database.close();
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version, customers, runs };
  if (process.argv.includes('--json')) console.log(JSON.stringify({ machine, rows }, undefined, 2));
  else {
    console.log(
      `${machine.cores} × ${machine.cpu}, Node ${machine.node}, ${customers} customers, median of ${runs} runs`,
    );
    console.table(
      rows.map((row) => ({
        job: row.job,
        rival: row.rival,
        s: row.seconds.toFixed(2),
        'rival s': row.rivalSeconds.toFixed(2),
        ratio: row.ratio.toFixed(2),
        'ratios from–to': row.spread.map((value) => value.toFixed(2)).join('–'),
      })),
    );
  }
} finally {
  await rm(root, { recursive: true, force: true });
  await server.stop();
}
