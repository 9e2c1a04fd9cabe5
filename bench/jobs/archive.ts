import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gdprWords } from '../gdpr.js';
import type { Bench, Job } from '../job.js';
import { type Run, running } from '../measure.js';

const FILES = 10;
const MEGABYTE = 1_000_000;
const common = { measure: 'wall', unit: 'MB', sizes: [20, 200, 2000], quick: 20, once: false, goalFrom: 2000 } as const;

/** Rows as exports hold them, `bytes` long or a row more. */
function* rows(bytes: number, seed: number): Generator<string> {
  let written = 0;
  let state = seed;
  while (written < bytes) {
    const block: string[] = [];
    for (let i = 0; i < 1000; i += 1) {
      state = (state * 48_271) % 2_147_483_647;
      const day = `2025-${String((state % 12) + 1).padStart(2, '0')}-${String((state % 28) + 1).padStart(2, '0')}`;
      block.push(
        `${state},RB-2025-${state % 999_983},${day} 10:0${state % 10}:00+00,${(state % 9973) / 100},completed\n`,
      );
    }
    const text = block.join('');
    written += text.length;
    yield text;
  }
}

async function makeFiles(folder: string, megabytes: number): Promise<string[]> {
  const paths = Array.from({ length: FILES }, (_, i) => join(folder, `table-${i}.csv`));
  for (const [i, path] of paths.entries()) {
    await pipeline(Readable.from(rows((megabytes * MEGABYTE) / FILES, i + 1)), createWriteStream(path));
  }
  return paths;
}

function afterRemoving(paths: readonly string[], run: Run): Run {
  return async () => {
    for (const path of paths) await rm(path, { force: true });
    return await run();
  };
}

/** Signs the files into an archive, at the path that comes first, by the program's own functions. */
function writing(archive: string, certificate: string, files: readonly string[], folder: string): Run {
  const program = join(import.meta.dirname, '../programs/write-archive.mjs');
  return running({ words: [process.execPath, program, archive, certificate, ...files], folder });
}

const write: Job = {
  name: 'archive, written',
  rival: 'zip -1, sha256sum',
  goal: 1.2,
  ...common,
  pair: async ({ folder }: Bench, size) => {
    const files = await makeFiles(folder, size);
    const [archive, certificate, zip] = ['ours.asice', 'ours.pem', 'theirs.zip'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const shell = `zip -q -1 '${zip}' table-*.csv && sha256sum table-*.csv '${zip}' > sums && sync '${zip}'`;
    return {
      ours: afterRemoving([archive], writing(archive, certificate, files, folder)),
      theirs: afterRemoving([zip], running({ words: ['sh', '-c', shell], folder })),
    };
  },
};

const verify: Job = {
  name: 'gdpr archive verify',
  rival: 'unzip -t, sha256sum -c',
  goal: 1.5,
  ...common,
  pair: async ({ folder }: Bench, size) => {
    const files = await makeFiles(folder, size);
    const [archive, certificate] = [join(folder, 'ours.asice'), join(folder, 'ours.pem')];
    await writing(archive, certificate, files, folder)();
    await running({
      words: ['sh', '-c', `zip -q -1 theirs.zip table-*.csv && sha256sum table-*.csv > sums`],
      folder,
    })();
    return {
      ours: running({ words: gdprWords('archive', 'verify', archive, '--signer', certificate), folder }),
      theirs: running({ words: ['sh', '-c', 'unzip -tqq theirs.zip && sha256sum --quiet -c sums'], folder }),
    };
  },
};

export const archives: readonly Job[] = [write, verify];
