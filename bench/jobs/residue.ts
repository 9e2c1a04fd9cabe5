import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gdprWords } from '../gdpr.js';
import type { Bench, Job, Pair } from '../job.js';
import { running } from '../measure.js';
import type { Shop } from '../shops.js';

/** The person of the demo, as an operator names her. */
const PERSON = { email: 'anna.berzina@pasts.example', phone: '21234567', name: 'Anna Bērziņa' };
const ERASED = 10_000;

/** 5 and 1 are answers, too: residue, and nothing that grep met. */
const ANSWERS = [0, 1, 5];
const common = { measure: 'wall', unit: 'customers', sizes: [10_000, 100_000], once: false } as const;

/** `pg_dump | grep -c` with these arguments over the whole database. */
function dumpAndGrep({ programs }: Bench, shop: Shop, words: string) {
  const shell = `'${programs.pgDump}' '${shop.url}' | LC_ALL=C.UTF-8 grep -c ${words}`;
  return running({ words: ['sh', '-c', shell], folder: shop.folder, answers: ANSWERS }, shop);
}

function ours(shop: Shop, ...words: string[]) {
  const { folder, environment } = shop;
  return running({ words: gdprWords('customer', 'residue', ...words), folder, environment, answers: ANSWERS }, shop);
}

const one: Job = {
  name: 'customer residue, one person',
  rival: 'pg_dump | grep -i',
  goal: 0.5,
  ...common,
  quick: 10_000,
  pair: async (bench, size): Promise<Pair> => {
    const shop = await bench.shops.clone(size);
    const { email, phone, name } = PERSON;
    return {
      ours: ours(shop, '--email', email, '--phone', phone, '--name', name),
      theirs: dumpAndGrep(bench, shop, `-i -e ${email} -e ${phone} -e '${name}'`),
      done: shop.drop,
    };
  },
};

/** Tombstones of people who left nothing: codes and hashes as erasures write them. */
async function entomb(shop: Shop): Promise<void> {
  await shop.query(`
    INSERT INTO gdpr.tombstone (subject, operation, ground, map_digest)
    SELECT 'subject:' || translate(left(md5(n::text) || md5(n::text), 26), '0123456789', 'ghijklmnop'),
      (SELECT min(id) FROM gdpr.operation), '17(1)(b)', 'sha256:' || repeat('0', 64) FROM generate_series(1, ${ERASED}) n`);
  await shop.query(`
    INSERT INTO gdpr.tombstone_identifier (subject, operation, kind, hmac, key_version)
    SELECT t.subject, t.operation, k, rtrim(translate(encode(sha256((t.subject || k)::bytea), 'base64'), '+/', '-_'), '='), 'hmac-1'
    FROM gdpr.tombstone t, unnest(ARRAY['email', 'phone', 'row', 'code']) k`);
  await shop.query('VACUUM ANALYZE gdpr.tombstone, gdpr.tombstone_identifier');
}

const sweep: Job = {
  name: `customer residue --sweep, ${ERASED.toLocaleString('en')} erased`,
  rival: 'pg_dump | grep -F -f',
  goal: 1,
  ...common,
  pair: async (bench, size): Promise<Pair> => {
    const shop = await bench.shops.clone(size);
    // The first operation, which the tombstones are of.
    await ours(shop, '--email', PERSON.email)();
    await entomb(shop);
    const patterns = Array.from({ length: ERASED }, (_, i) => `erased${i}@nowhere.example\n${24_000_000 + i * 7}x\n`);
    const file = join(bench.folder, 'patterns');
    await writeFile(file, patterns.join(''));
    return { ours: ours(shop, '--sweep'), theirs: dumpAndGrep(bench, shop, `-F -f '${file}'`), done: shop.drop };
  },
};

export const residues: readonly Job[] = [one, sweep];
