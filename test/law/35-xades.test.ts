import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DOMParser } from '@xmldom/xmldom';
import { beforeAll, describe, expect, it } from 'vitest';
import { verifyArchive } from '../../src/archive/verify.js';
import { failed, makeSender, SAMPLE, type Sender, temporaryFolder, writeArchive } from '../archive/support.js';
import { packZip, unpackZip } from '../archive/zip.js';

const path = join(temporaryFolder(), 'A.asice');
const SIGNATURES = 'META-INF/signatures0.xml';
const XADES = 'http://uri.etsi.org/01903/v1.3.2#';
let sender: Sender;
let xml: string;

beforeAll(async () => {
  sender = await makeSender();
  await writeArchive(path, sender.signer);
  xml =
    unpackZip(await readFile(path))
      .find(({ name }) => name === SIGNATURES)
      ?.content.toString() ?? '';
});

const elements = (name: string) =>
  Array.from(new DOMParser().parseFromString(xml, 'text/xml').getElementsByTagNameNS('*', name));

describe('35 XAdES B-B', () => {
  it('35 has exactly one of each element that the baseline asks for', () => {
    const once = ['X509Data', 'CanonicalizationMethod', 'SigningTime', 'SigningCertificateV2'];
    expect(once.map((name) => elements(name).length)).toEqual([1, 1, 1, 1]);
    const own = elements('X509Certificate').map((element) => element.textContent?.replace(/\s/g, ''));
    expect(own).toContain(sender.signer.certificate.toString('base64'));
  });

  it('35 has none of the first version’s elements', () => {
    const old = ['SigningCertificate', 'SignerRole', 'SignatureProductionPlace'];
    expect(old.map((name) => elements(name).length)).toEqual([0, 0, 0]);
  });

  it('35 references every file, with the format of each, and its own properties', () => {
    const references = elements('Reference').map((element) => ({
      uri: element.getAttribute('URI'),
      type: element.getAttribute('Type'),
      id: element.getAttribute('Id'),
    }));
    expect(references.map(({ uri }) => uri).filter((uri) => uri?.startsWith('#') !== true)).toEqual(
      SAMPLE.map(([name]) => name),
    );
    expect(references.filter(({ type }) => type === 'http://uri.etsi.org/01903#SignedProperties')).toHaveLength(1);
    const formats = elements('DataObjectFormat').map((format) => [
      format.getAttribute('ObjectReference'),
      format.getElementsByTagNameNS(XADES, 'MimeType')[0]?.textContent,
    ]);
    const byName = new Map(references.map(({ uri, id }) => [uri, `#${id}`]));
    expect(formats).toEqual(SAMPLE.map(([name, type]) => [byName.get(name), type]));
  });

  it('35 canonicalises without comments', () => {
    const methods = elements('CanonicalizationMethod').map((element) => element.getAttribute('Algorithm'));
    expect(methods).toEqual(['http://www.w3.org/2001/10/xml-exc-c14n#']);
  });

  it('35 refuses a signature from which a file’s reference was taken', async () => {
    const without = xml.replace(/<ds:Reference [^>]*URI="data\/notes\.txt".*?<\/ds:Reference>/s, '');
    expect(without.length).toBeLessThan(xml.length);
    const parts = unpackZip(await readFile(path)).map((part) =>
      part.name === SIGNATURES ? { ...part, content: Buffer.from(without) } : part,
    );
    const changed = `${path}.changed.asice`;
    await writeFile(changed, packZip(parts));
    expect(failed(await verifyArchive(changed, { signers: [sender.sha256] }))).toEqual(
      expect.arrayContaining(['files-signed', 'signature-value']),
    );
  });
});
