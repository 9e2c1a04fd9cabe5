import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DOMParser } from '@xmldom/xmldom';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exclusiveC14n } from '../../src/archive/exclusive-c14n.js';
import { parseXml } from '../../src/archive/xml.js';
import { temporaryFolder, tools } from './support.js';

const folder = temporaryFolder();

function xmllint(xml: string): string {
  const path = join(folder, 'document.xml');
  writeFileSync(path, xml);
  return execFileSync(tools.xmllint.path, ['--exc-c14n', path], { encoding: 'utf8' });
}

function ours(xml: string): string {
  return exclusiveC14n(parseXml(Buffer.from(xml)));
}

const DOCUMENTS: Readonly<Record<string, string>> = {
  'an attribute whose prefix begins with xmlns': '<a:r xmlns:a="urn:a" xmlns:axmlns="urn:q" axmlns:hidden="x" b="1"/>',
  'prefixes used far below their declaration':
    '<a:r xmlns:a="urn:a" xmlns:b="urn:b"><a:c><b:d b:k="1"/></a:c><b:e/></a:r>',
  'a default namespace taken back': '<r xmlns="urn:d"><c xmlns=""><d xmlns="urn:d"/><e/></c></r>',
  'a prefix bound anew': '<a:r xmlns:a="urn:1"><a:c xmlns:a="urn:2"><a:d xmlns:a="urn:1"/></a:c></a:r>',
  'repeated declarations': '<a:r xmlns:a="urn:1"><a:c xmlns:a="urn:1"><a:d xmlns:a="urn:1"/></a:c></a:r>',
  'white space and references in attributes': '<r a="x\ty\nz\r\nq" b="&#9;&#10;&#13;" c="&quot;&lt;&amp;>\'"/>',
  'line ends and references in text': '<r>a\r\nb\rc&#13;d&lt;&gt;&amp;"\'\u0085\u2028ā📚</r>',
  'attributes of several namespaces': '<r xmlns:z="urn:a" xmlns:a="urn:z" z:b="1" a:a="2" c="3" a="4" xml:lang="lv"/>',
  'an XML declaration': '<?xml version="1.0" encoding="UTF-8"?>\n<r  a = "1"  ><c/></r >\n',
};

describe.skipIf(!tools.xmllint.available)('exclusive canonicalisation, compared with xmllint', () => {
  it.each(Object.entries(DOCUMENTS))('%s', (_, xml) => {
    expect(ours(xml)).toBe(xmllint(xml));
  });

  it('any document', () => {
    const prefix = fc.constantFrom('', 'a', 'b', 'xmlnsx');
    const value = fc.string({
      unit: fc.constantFrom('x', 'ā', ' ', '\t', '\n', '&amp;', '&lt;', '&#13;', '>', "'", '&quot;'),
      maxLength: 5,
    });
    const declaration = fc.tuple(prefix, fc.constantFrom('urn:1', 'urn:2'));
    const element = fc.letrec<{ node: string }>((tie) => ({
      node: fc
        .tuple(
          prefix,
          fc.uniqueArray(declaration, { selector: ([name]) => name, maxLength: 3 }),
          fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'xmlnsx'), fc.constantFrom('k', 'l'), value), {
            selector: ([name, local]) => `${name}:${local}`,
            maxLength: 3,
          }),
          fc.array(fc.oneof({ maxDepth: 3 }, value, tie('node')), { maxLength: 3 }),
        )
        .map(([name, declarations, attributes, children]) => {
          // Both prefixes of an attribute pair can stand for one namespace; then the names have to differ.
          const tag = name === '' ? 'e' : `${name}:e`;
          const declared = declarations.map(([p, uri]) => ` xmlns${p === '' ? '' : `:${p}`}="${uri}"`).join('');
          const written = attributes.map(([p, local, text]) => ` ${p}:${local}-${p}="${text}"`).join('');
          return `<${tag}${declared}${written}>${children.join('')}</${tag}>`;
        }),
    })).node;
    const document = element.map((xml) => `<root xmlns:a="urn:a" xmlns:b="urn:b" xmlns:xmlnsx="urn:x">${xml}</root>`);
    fc.assert(
      fc.property(document, (xml) => {
        expect(ours(xml)).toBe(xmllint(xml));
      }),
      { numRuns: 60 },
    );
  });
});

describe('parsing for verification', () => {
  it.each([
    ['a DTD', '<!DOCTYPE r [<!ENTITY x "y">]><r>&x;</r>'],
    ['a DTD that fetches', '<!DOCTYPE r SYSTEM "http://localhost/x"><r/>'],
    ['a comment', '<r>a<!-- -->b</r>'],
    ['CDATA', '<r><![CDATA[x]]></r>'],
    ['a processing instruction', '<r><?x y?></r>'],
    ['an entity that nobody declared', '<r>&x;</r>'],
    ['an undeclared prefix', '<a:r/>'],
    ['an undeclared prefix of an attribute', '<r a:b="1"/>'],
    ['two roots', '<r/><r/>'],
    ['no root', ''],
    ['an attribute twice', '<r a="1" a="2"/>'],
    ['an element that is not closed', '<r><c></r>'],
    ['a depth that no stack holds', `${'<r>'.repeat(100_000)}${'</r>'.repeat(100_000)}`],
    ['another encoding', '<?xml version="1.0" encoding="ISO-8859-1"?><r/>'],
  ])('refuses %s', (_, xml) => {
    expect(() => parseXml(Buffer.from(xml))).toThrow(/not|nested/);
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(() => parseXml(Buffer.from([0x3c, 0x72, 0x3e, 0xff, 0x3c, 0x2f, 0x72, 0x3e]))).toThrow('it is not UTF-8');
  });

  it('keeps characters that XML 1.1 alone takes for line ends', () => {
    const element = parseXml(Buffer.from('<r>a\u0085b\u2028c</r>'));
    expect(element.firstChild?.nodeValue).toBe('a\u0085b\u2028c');
    const byDefault = new DOMParser().parseFromString('<r>a\u0085b</r>', 'text/xml').documentElement;
    expect(byDefault?.firstChild?.nodeValue).toBe('a\nb');
  });
});
