import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gdpr, ROOT } from '../commands/program.js';
import { readable } from '../customer/support/leaks.js';
import { shop } from './shop.js';

const s = shop();

/** Sentences that call something qualified without a "not". */
function claims(text: string): string[] {
  const sentences = text.replace(/\s+/g, ' ').split(/(?<=[.:!?;]) /);
  return sentences.filter(
    (sentence) => /qualified/i.test(sentence) && !/\b(not|no|nor|neither|never|less|needs)\b/i.test(sentence),
  );
}

describe('37 legal weight', () => {
  it('37 never calls a signature with the self-made key qualified, in the archive or at its verification', async () => {
    const { result, archive } = await s.export({ email: 'petr.ivanov@pasts.example' });
    expect(readable(archive)).not.toMatch(/qualified|kvalificēt/);
    const { code, stdout } = await gdpr(['archive', 'verify', result.archive], { cwd: s.workspace.root });
    expect(code).toBe(0);
    expect(stdout).toContain('self-made certificate');
    expect(stdout).toContain('as the signer says');
    expect(claims(stdout)).toEqual([]);
  });

  it('37 makes a certificate that does not claim to be qualified', async () => {
    const certificate = new X509Certificate(await readFile(join(s.context.paths.keys, 'signing.crt.pem')));
    // id-pe-qcStatements, 1.3.6.1.5.5.7.1.3 (RFC 3739 §3.2.6)
    expect(certificate.raw.includes(Buffer.from('06082b06010505070103', 'hex'))).toBe(false);
    expect(certificate.ca).toBe(false);
  });

  it('37 says so wherever the word stands in what people read', async () => {
    for (const file of ['README.md', 'docs/archive.md', 'docs/keys.md']) {
      const found = claims(await readFile(join(ROOT, file), 'utf8'));
      expect({ file, found }).toEqual({ file, found: [] });
    }
  });
});
