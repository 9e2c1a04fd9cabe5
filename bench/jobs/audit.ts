import { gdprWords } from '../gdpr.js';
import type { Job, Pair } from '../job.js';
import { running } from '../measure.js';
import { rival } from '../rivals.js';

const COLUMNS = `sequence, entry, encode(leaf_hash, 'hex'), time, kind, action, operation, result, subjects`;

export const audit: Job = {
  name: 'audit verify',
  rival: 'psql \\copy, sha256sum',
  goal: 3,
  goalFrom: 1_000_000,
  measure: 'wall',
  unit: 'entries',
  sizes: [10_000, 100_000, 1_000_000],
  quick: 10_000,
  once: false,
  pair: async ({ shops, folder }, size): Promise<Pair> => {
    const shop = await shops.clone(10_000);
    const psql = ['psql', '-qX', '-v', 'ON_ERROR_STOP=1', '-v', `pairs=${size / 2}`];
    await running({ words: [...psql, '-f', rival('audit-make.sql'), shop.url], folder })();
    const gdpr = (...words: string[]) => ({
      words: gdprWords(...words),
      folder: shop.folder,
      environment: shop.environment,
    });
    // Whatever ends an operation signs a checkpoint over the entries; that nobody is found is right.
    await running({ ...gdpr('customer', 'find', '--email', 'nobody@pasts.example'), answers: [4] })();
    const copy = `\\copy (SELECT ${COLUMNS} FROM gdpr.audit_entry ORDER BY sequence) TO 'entries.csv' WITH (FORMAT csv)`;
    const shell = `psql -qX '${shop.url}' -c "$COPY" && sha256sum entries.csv`;
    const environment = { ...process.env, COPY: copy };
    return {
      ours: running(gdpr('audit', 'verify'), shop),
      theirs: running({ words: ['sh', '-c', shell], folder, environment }, shop),
      done: shop.drop,
    };
  },
};
