import { generateKeyPairSync } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { signerFromPem } from '../../src/archive/certificate.js';
import { findCustomer } from '../../src/customer/find-customer.js';
import { verifyAuditLog } from '../../src/operation/log.js';
import { SAMPLE, succeed, temporaryFolder, tools, writeArchive } from '../archive/support.js';
import { exportPerson } from '../customer/support/export.js';
import { bookshopWorkspace } from '../support/workspace.js';
import { shop } from './shop.js';

const s = shop();
const folder = temporaryFolder();

describe('33 custody', () => {
  it('33 calls a log whole that no operation has written to, and no other one without its journal', async () => {
    expect(await verifyAuditLog(s.context)).toMatchObject({ valid: true, size: 0 });
    await findCustomer(s.context, { email: 'petr.ivanov@pasts.example' });
    expect(await verifyAuditLog(s.context)).toMatchObject({ valid: true, size: 2 });
    const away = `${s.context.paths.journal}.away`;
    await rename(s.context.paths.journal, away);
    await expect(verifyAuditLog(s.context)).rejects.toMatchObject({ code: 'FILE_UNAVAILABLE' });
    await rename(away, s.context.paths.journal);
  });

  it('33 finds a log whose end was cut off together with its checkpoints, by the journal outside the database', async () => {
    await findCustomer(s.context, { email: 'petr.ivanov@pasts.example' });
    const whole = await verifyAuditLog(s.context);
    expect(whole.valid).toBe(true);
    await s.rows('ALTER TABLE gdpr.audit_entry DISABLE TRIGGER USER');
    await s.rows('ALTER TABLE gdpr.audit_checkpoint DISABLE TRIGGER USER');
    await s.rows('DELETE FROM gdpr.audit_entry WHERE sequence > $1', [whole.size - 2]);
    await s.rows('DELETE FROM gdpr.audit_checkpoint WHERE size > $1', [whole.size - 2]);
    const cut = await verifyAuditLog(s.context);
    expect(cut.valid).toBe(false);
    expect(cut.problems.map(({ problem }) => problem).join('\n')).toMatch(/journal/);
    await expect(s.workspace.context()).rejects.toMatchObject({ code: 'LOG_BEHIND_JOURNAL', exit: 5 });
  });

  it('33 writes the digest of every archive into the log, and of every file into the archive', async () => {
    const workspace = await bookshopWorkspace();
    const context = await workspace.context();
    try {
      const { result, archive } = await exportPerson(context, { email: 'petr.ivanov@pasts.example' });
      const [row] = await context.database.transaction('read committed', (session) =>
        session.query<{ digest: string }>(
          "SELECT entry::jsonb ->> 'archiveDigest' AS digest FROM gdpr.audit_entry WHERE sequence = $1",
          [result.audit.sequence],
        ),
      );
      expect(row?.digest).toBe(`sha256:${result.sha256}`);
      const signature = archive.text('META-INF/signatures0.xml');
      const files = [...archive.files.keys()].filter((name) => name !== 'mimetype' && !name.startsWith('META-INF/'));
      expect(files.length).toBeGreaterThan(20);
      expect(files.filter((name) => !signature.includes(`URI="${name}"`))).toEqual([]);
    } finally {
      await context.database.close();
      await workspace.remove();
    }
  });

  it.skipIf(!tools.openssl.available)('33 makes the same bytes of the same files, key and time', async () => {
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    await writeFile(join(folder, 'key.pem'), privateKey);
    await succeed(
      tools.openssl.path,
      ['req', '-x509', '-key', 'key.pem', '-subj', '/CN=Sender', '-days', '30', '-out', 'sender.pem'],
      folder,
    );
    const signer = signerFromPem(privateKey, await readFile(join(folder, 'sender.pem'), 'utf8'));
    for (const name of ['one.asice', 'two.asice']) await writeArchive(join(folder, name), signer, SAMPLE);
    expect((await readFile(join(folder, 'one.asice'))).equals(await readFile(join(folder, 'two.asice')))).toBe(true);
  });
});
