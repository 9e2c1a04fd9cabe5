import type { Attr, Element } from '@xmldom/xmldom';
import { escapeAttribute, escapeText, isElement } from './xml.js';

/**
 * Exclusive XML Canonicalization 1.0 without comments and without a prefix list (W3C REC-xml-exc-c14n-20020718) of an
 * element that `parseXml` accepted.
 *
 * Written here because xmldsigjs 2.8 takes every attribute whose name contains `xmlns:` for a namespace declaration,
 * so that `axmlns:x="…"` vanishes from what is hashed, and writes namespace names unescaped; xmllint --exc-c14n, which
 * the tests compare with, does neither.
 */
export function exclusiveC14n(element: Element): string {
  const parts: string[] = [];
  write(element, new Map([['', '']]), parts);
  return parts.join('');
}

const XMLNS = 'http://www.w3.org/2000/xmlns/';

function write(element: Element, rendered: ReadonlyMap<string, string>, parts: string[]): void {
  const attributes = Array.from(element.attributes).filter((attribute) => attribute.namespaceURI !== XMLNS);
  const scope = new Map(rendered);
  const declarations: string[] = [];
  for (const [prefix, namespace] of usedNamespaces(element, attributes)) {
    if (scope.get(prefix) === namespace) continue;
    scope.set(prefix, namespace);
    declarations.push(` xmlns${prefix === '' ? '' : `:${prefix}`}="${escapeAttribute(namespace)}"`);
  }
  parts.push('<', element.nodeName, ...declarations);
  for (const attribute of attributes.sort(byNamespaceThenName)) {
    parts.push(' ', attribute.nodeName, '="', escapeAttribute(attribute.value), '"');
  }
  parts.push('>');
  for (let node = element.firstChild; node !== null; node = node.nextSibling) {
    if (isElement(node)) write(node, scope, parts);
    else parts.push(escapeText(node.nodeValue ?? ''));
  }
  parts.push('</', element.nodeName, '>');
}

/** The prefixes that the element and its attributes visibly use, in order; `xml` is never declared. */
function usedNamespaces(element: Element, attributes: readonly Attr[]): [string, string][] {
  const used = new Map([[element.prefix ?? '', element.namespaceURI ?? '']]);
  for (const { prefix, namespaceURI } of attributes) if (prefix) used.set(prefix, namespaceURI ?? '');
  used.delete('xml');
  return [...used].sort(([a], [b]) => compare(a, b));
}

function byNamespaceThenName(a: Attr, b: Attr): number {
  return compare(a.namespaceURI ?? '', b.namespaceURI ?? '') || compare(a.localName ?? '', b.localName ?? '');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
