import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificateSha256 } from '../../src/archive/certificate.js';
import { extractArchive } from '../../src/archive/extract.js';
import { verifyArchive } from '../../src/archive/verify.js';
import type { ExportResult } from '../../src/customer/export.js';
import { exportPrepared, prepareExport } from '../../src/customer/export-customer.js';
import { readCertificate } from '../../src/keys/keys.js';
import { openContext } from '../../src/workspace/open.js';
import { trustOf } from '../../src/workspace/signers.js';
import { makeAuthority, reply, serve } from '../archive/authority.js';
import { outsider, outsidersCommands } from '../archive/support.js';
import { HOSTILE } from '../documents/sample.js';
import { outsideTool } from '../support/tools.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

const browserTool = outsideTool('chromium');
const openssl = outsideTool('openssl');

let workspace: TestWorkspace;
let folder: string;

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  folder = await mkdtemp(join(tmpdir(), 'privatums-evidence-'));
});

afterAll(async () => {
  await workspace.remove();
  await rm(folder, { recursive: true, force: true });
});

async function exportAnna(environment: NodeJS.ProcessEnv = {}): Promise<ExportResult> {
  const context = await openContext({
    ...workspace.surroundings,
    environment: { ...workspace.surroundings.environment, ...environment },
  });
  try {
    const prepared = await prepareExport(context, { email: 'anna.berzina@pasts.example' }, async () => undefined);
    return await exportPrepared(context, prepared, { verified: 'account login', language: 'lv' }, () => {});
  } finally {
    await context.database.close();
  }
}

describe("a customer's archive as others see it", () => {
  it.skipIf(!outsider)("passes the outsider's commands, which fail once a byte of it is changed", async () => {
    const { archive } = await exportAnna();
    const bytes = await readFile(archive);
    const certificate = await readCertificate(join(workspace.root, '.gdpr', 'keys'));
    expect(await outsidersCommands(bytes, certificate, await mkdtemp(join(folder, 'good-')))).toMatchObject({
      exit: 0,
    });
    const changed = Buffer.from(bytes);
    const at = changed.indexOf('manifest.json') + 40; // in the file's compressed content
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect((await outsidersCommands(changed, certificate, await mkdtemp(join(folder, 'bad-')))).exit).not.toBe(0);
  });

  it.skipIf(!browserTool.available)(
    'opens in a browser: hostile values as text, both languages, no script error, no request',
    async () => {
      const context = await workspace.context();
      try {
        await context.database.transaction('read committed', (session) =>
          session.run('UPDATE shop.reviews SET body = $1 WHERE customer_id = 1', [
            HOSTILE.join(' | ').replaceAll('\0', ''),
          ]),
        );
      } finally {
        await context.database.close();
      }
      const { archive } = await exportAnna();
      const look = join(folder, 'look');
      await extractArchive(archive, look, await trustOf(workspace.root, undefined, {}));
      let browser: Browser | undefined;
      try {
        browser = await chromium.launch({
          executablePath: browserTool.path,
          args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
        });
        const page = await browser.newPage({ viewport: { width: 360, height: 800 } });
        const noise: string[] = [];
        const url = pathToFileURL(join(look, 'index.html')).href;
        page.on('console', (message) => noise.push(message.text()));
        page.on('pageerror', (error) => noise.push(error.message));
        page.on('dialog', (dialog) => noise.push(`dialog ${dialog.message()}`));
        page.on('request', (request) => request.url() !== url && noise.push(request.url()));
        await page.goto(url);
        const text = await page.locator('body').innerText();
        expect(text).toContain('<img src=x onerror');
        expect(await page.locator('main img').count()).toBe(0);
        expect(await page.locator('h1').innerText()).toBe('Jūsu personas dati');
        await page.getByText('English', { exact: true }).click();
        expect(await page.locator('h1').innerText()).not.toBe('Jūsu personas dati');
        expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);
        expect(noise).toEqual([]);
      } finally {
        await browser?.close();
      }
    },
  );

  it.skipIf(!openssl.available)(
    "is signed by the organisation's e-seal and timestamped when gdpr.yaml says so",
    async () => {
      const { ca } = await makeAuthority(folder);
      const url = await serve((query) => reply(folder, query));
      await writeFile(join(workspace.root, 'tsa.pem'), ca);
      const ssl = (...args: string[]) =>
        execFileSync(openssl.path, args, { cwd: workspace.root, stdio: ['ignore', 'ignore', 'ignore'] });
      ssl(
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        'seal.key',
        '-out',
        'seal.crt',
        '-days',
        '30',
        '-subj',
        '/O=Example/CN=Seal',
        '-addext',
        'keyUsage=critical,nonRepudiation',
      );
      ssl(
        'pkcs12',
        '-export',
        '-inkey',
        'seal.key',
        '-in',
        'seal.crt',
        '-out',
        'seal.p12',
        '-passout',
        'pass:seal passphrase',
      );
      execFileSync('chmod', ['600', join(workspace.root, 'seal.p12')]);
      const config = join(workspace.root, 'gdpr.yaml');
      const before = await readFile(config, 'utf8');
      await writeFile(
        config,
        `${before}seal:\n  pkcs12: seal.p12\n  certificate: seal.crt\ntimestamp:\n  url: ${url}\n  ca: tsa.pem\n`,
      );
      try {
        const { archive } = await exportAnna({ GDPR_SEAL_PASSPHRASE: 'seal passphrase' });
        const result = await verifyArchive(archive, await trustOf(workspace.root, undefined, {}));
        expect(result.checks.filter((check) => !check.ok)).toEqual([]);
        expect(result.signer?.subject).toContain('Seal');
        expect(result.timestamp?.trusted).toBe(true);
        const own = await readCertificate(join(workspace.root, '.gdpr', 'keys'));
        const der = execFileSync(openssl.path, ['x509', '-outform', 'DER'], { input: own });
        expect((await verifyArchive(archive, { signers: [certificateSha256(der)] })).valid).toBe(false);
      } finally {
        await writeFile(config, before);
      }
    },
  );
});
