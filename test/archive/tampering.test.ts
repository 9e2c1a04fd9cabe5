import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { manifestXml } from '../../src/archive/manifest.js';
import { verifyArchive } from '../../src/archive/verify.js';
import {
  failed,
  makeSender,
  outsider,
  outsidersCommands,
  SAMPLE,
  type Sender,
  temporaryFolder,
  writeArchive,
  xmlsecAlone,
} from './support.js';
import { type Part, packZip, unpackZip } from './zip.js';

const folder = temporaryFolder();
let sender: Sender;
let original: Buffer;

beforeAll(async () => {
  sender = await makeSender();
  const path = join(folder, 'original.asice');
  await writeArchive(path, sender.signer);
  original = await readFile(path);
});

/** The container with its parts changed by `edit`, packed again. */
function changed(edit: (parts: Part[]) => Part[]): Buffer {
  return packZip(edit(unpackZip(original)));
}

/** The container with one part replaced. */
function replaced(name: string, edit: (part: Part) => Part): Buffer {
  return changed((parts) => parts.map((part) => (part.name === name ? edit(part) : part)));
}

function text(name: string, content: string): Part {
  return { name, content: Buffer.from(content) };
}

const FAKE = '{"orders": []}';
const SIGNATURES = 'META-INF/signatures0.xml';

interface Tampering {
  readonly made: string;
  readonly forge: () => Buffer | Promise<Buffer>;
  /** Whether xmlsec1 alone and the documented commands find it. */
  readonly alone: boolean;
  readonly commands: boolean;
  /** The checks of `verifyArchive` that find it. */
  readonly checks: readonly string[];
}

const TABLE: readonly Tampering[] = [
  {
    made: 'a byte flipped',
    forge: () => replaced('data/orders.json', ({ name, content }) => text(name, content.toString().replace('1', '9'))),
    alone: true,
    commands: true,
    checks: ['file-digests'],
  },
  {
    made: 'a file dropped',
    forge: () => changed((parts) => parts.filter(({ name }) => name !== 'data/notes.txt')),
    alone: true,
    commands: true,
    checks: ['files-signed', 'file-digests'],
  },
  {
    made: "a name's case changed",
    forge: () => replaced('index.html', (part) => ({ ...part, name: 'Index.html' })),
    alone: true,
    commands: true,
    checks: ['files-signed', 'file-digests'],
  },
  {
    made: 'a file added',
    forge: () => changed((parts) => [...parts, text('data/more.json', FAKE)]),
    alone: false,
    commands: true,
    checks: ['files-signed'],
  },
  {
    made: 'a file added and listed in the unsigned manifest.xml',
    forge: () => {
      const files = [
        ...SAMPLE.map(([name, mediaType]) => ({ name, mediaType })),
        { name: 'more.txt', mediaType: 'text/plain' },
      ];
      return changed((parts) => [
        ...parts.map((part) => (part.name === 'META-INF/manifest.xml' ? text(part.name, manifestXml(files)) : part)),
        text('more.txt', FAKE),
      ]);
    },
    alone: false,
    commands: true,
    checks: ['files-signed', 'media-types'],
  },
  {
    made: 'a file added in META-INF',
    forge: () => changed((parts) => [...parts, text('META-INF/more.txt', FAKE)]),
    alone: false,
    commands: false,
    checks: ['names', 'meta-inf'],
  },
  {
    made: 'a duplicate entry with the fake first',
    forge: () => changed((parts) => parts.toSpliced(1, 0, text('data/orders.json', FAKE))),
    alone: false,
    commands: true,
    checks: ['names', 'file-digests'],
  },
  {
    made: 'a duplicate that differs in case',
    forge: () => changed((parts) => [...parts, text('DATA/orders.json', FAKE)]),
    alone: false,
    commands: true,
    checks: ['names', 'files-signed'],
  },
  {
    made: 'a name that leads out of the folder',
    forge: () => changed((parts) => [...parts, text('../x', FAKE)]),
    alone: false,
    commands: true,
    checks: ['names', 'files-signed'],
  },
  {
    made: "a local header with another name than the directory's",
    forge: () => replaced('data/orders.json', (part) => ({ ...part, localName: 'data/Orders.json' })),
    alone: false,
    commands: true,
    checks: ['headers-agree'],
  },
  {
    made: 'bytes prepended',
    forge: () => Buffer.concat([Buffer.from('#!/bin/sh\n'), original]),
    alone: false,
    commands: true,
    checks: ['zip'],
  },
  {
    made: 'bytes appended',
    forge: () => Buffer.concat([original, Buffer.from('\n\n\n')]),
    alone: false,
    commands: false,
    checks: ['zip'],
  },
  {
    made: 'mimetype not first',
    forge: () =>
      changed(([mimetype, first, ...rest]) => [first, mimetype, ...rest].filter((part) => part !== undefined)),
    alone: false,
    commands: false,
    checks: ['mimetype'],
  },
  {
    made: 'a media type swapped in manifest.xml',
    forge: () =>
      replaced('META-INF/manifest.xml', ({ name, content }) =>
        text(name, content.toString().replace('application/json', 'text/html')),
      ),
    alone: false,
    commands: false,
    checks: ['media-types'],
  },
  {
    made: 'no signature',
    forge: () => changed((parts) => parts.filter(({ name }) => name !== SIGNATURES)),
    alone: true,
    commands: true,
    checks: ['meta-inf', 'one-signature'],
  },
  {
    made: 're-signed by another key with the same subject',
    forge: async () => {
      const path = join(await mkdtemp(join(folder, 'other-')), 'other.asice');
      await writeArchive(path, (await makeSender()).signer);
      return await readFile(path);
    },
    alone: true,
    commands: true,
    checks: ['certificate-pinned'],
  },
  {
    made: 'a symbolic link in place of a file',
    forge: () =>
      replaced('data/orders.json', ({ name }) => ({ name, content: Buffer.from('/etc/passwd'), mode: 0o120777 })),
    alone: true,
    commands: true,
    checks: ['regular-files', 'file-digests'],
  },
];

/** The checks that come to nothing when there is no directory to read, or no signature. */
const AFTER: Readonly<Record<string, (id: string) => boolean>> = {
  zip: () => true,
  'one-signature': (id) =>
    !['zip', 'mimetype', 'nothing-outside', 'headers-agree', 'names', 'regular-files', 'meta-inf'].includes(id),
};

describe('a container packed again without a change', () => {
  it('is still valid, so that the table below is about the changes alone', async () => {
    const path = join(folder, 'packed.asice');
    await writeFile(
      path,
      changed((parts) => parts),
    );
    const verification = await verifyArchive(path, { signers: [sender.sha256] });
    expect(failed(verification)).toEqual([]);
    expect(verification.valid).toBe(true);
  });

  it.skipIf(!outsider)('passes xmlsec1 alone and the documented commands', async () => {
    for (const archive of [original, changed((parts) => parts)]) {
      const alone = await xmlsecAlone(archive, sender.certificatePem, await mkdtemp(join(folder, 'alone-')));
      expect(alone.exit, alone.output).toBe(0);
      const commands = await outsidersCommands(archive, sender.certificatePem, await mkdtemp(join(folder, 'out-')));
      expect(commands.exit, commands.output).toBe(0);
    }
  });
});

describe.each(TABLE)('$made', ({ made, forge, alone, commands, checks }) => {
  it('is found by verifyArchive', async () => {
    const path = join(folder, `${made.replaceAll(/\W/g, '-')}.asice`);
    await writeFile(path, await forge());
    const verification = await verifyArchive(path, { signers: [sender.sha256] });
    expect(verification.valid).toBe(false);
    const follows = checks.map((id) => AFTER[id]).find((after) => after !== undefined);
    const expected = verification.checks
      .map(({ id }) => id)
      .filter((id) => checks.includes(id) || follows?.(id) === true);
    expect(failed(verification)).toEqual(expected);
  });

  it.skipIf(!outsider)(`is ${alone ? '' : 'not '}found by xmlsec1 alone`, async () => {
    const ran = await xmlsecAlone(await forge(), sender.certificatePem, await mkdtemp(join(folder, 'alone-')));
    expect(ran.exit === 0, ran.output).toBe(!alone);
  });

  it.skipIf(!outsider)(`is ${commands ? '' : 'not '}found by the documented commands`, async () => {
    const ran = await outsidersCommands(await forge(), sender.certificatePem, await mkdtemp(join(folder, 'out-')));
    expect(ran.exit === 0, ran.output).toBe(!commands);
  });
});
