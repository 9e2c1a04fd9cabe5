import { DOMParser, type Element, type Node } from '@xmldom/xmldom';
import { Fault } from './fault.js';

/** Deeper than any signature or manifest, far from the call stack's end. */
const MAX_DEPTH = 32;
/** The parser looks through all attributes of a tag for each one; a name has at most 200 characters. */
const MAX_TAG_LENGTH = 4096;

/** Text of an element as canonical XML writes it. */
export function escapeText(text: string): string {
  return text.replace(/[&<>\r]/g, (character) => TEXT_ESCAPES[character] ?? character);
}

/** An attribute's value, without its quotes, as canonical XML writes it. */
export function escapeAttribute(value: string): string {
  return value.replace(/[&<"\t\n\r]/g, (character) => ATTRIBUTE_ESCAPES[character] ?? character);
}

const TEXT_ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' };
const ATTRIBUTE_ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
};

/**
 * Parses XML that holds elements, attributes and text only, in UTF-8. A DTD, comments, CDATA sections and processing
 * instructions are refused: signed texts that they split or hide read differently in different tools.
 * @throws Fault
 */
export function parseXml(bytes: Uint8Array): Element {
  const text = decodeUtf8(bytes).replace(
    /^<\?xml version=["']1\.0["'](?: encoding=["']utf-8["'])?(?: standalone=["'](?:yes|no)["'])? ?\?>/i,
    '',
  );
  if (text.includes('<!')) throw new Fault('a DTD, a comment or a CDATA section is not allowed');
  if (new RegExp(`<[^>]{${MAX_TAG_LENGTH}}`).test(text)) throw new Fault('a tag is too long');
  if (text.includes('<?')) throw new Fault('a processing instruction is not allowed');
  const root = parse(text);
  inspect(root, 0);
  return root;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Fault('it is not UTF-8');
  }
}

function parse(text: string): Element {
  let root: Element | null;
  try {
    root = new DOMParser({
      locator: false,
      // XML 1.0 §2.11; the parser's own rule is XML 1.1's, which would change signed text.
      normalizeLineEndings: (source) => source.replace(/\r\n?/g, '\n'),
      onError: (_level, message) => {
        throw new Error(message);
      },
    }).parseFromString(text, 'text/xml').documentElement;
  } catch {
    throw new Fault('it is not well-formed XML');
  }
  if (root === null) throw new Fault('it holds no element');
  return root;
}

function inspect(element: Element, depth: number): void {
  if (depth > MAX_DEPTH) throw new Fault('elements are nested too deeply');
  if (element.prefix && !element.namespaceURI) throw new Fault('a namespace prefix is not declared');
  for (const attribute of element.attributes) {
    if (attribute.prefix && !attribute.namespaceURI) throw new Fault('a namespace prefix is not declared');
  }
  for (let node = element.firstChild; node !== null; node = node.nextSibling) {
    if (isElement(node)) inspect(node, depth + 1);
    else if (node.nodeType !== node.TEXT_NODE) throw new Fault('only elements, attributes and text are allowed');
  }
}

export function isElement(node: Node): node is Element {
  return node.nodeType === node.ELEMENT_NODE;
}

/** The child elements; between them may be white space only. */
export function childElements(element: Element): Element[] {
  const found: Element[] = [];
  for (let node = element.firstChild; node !== null; node = node.nextSibling) {
    if (isElement(node)) found.push(node);
    else if ((node.nodeValue ?? '').trim() !== '') throw new Fault(`${element.localName} holds text beside elements`);
  }
  return found;
}

/** The text of an element that holds no element. */
export function leafText(element: Element): string {
  let text = '';
  for (let node = element.firstChild; node !== null; node = node.nextSibling) {
    if (isElement(node)) throw new Fault(`${element.localName} holds an element where text belongs`);
    text += node.nodeValue ?? '';
  }
  return text;
}

/** The bytes of an element's base64 text. Anything but well-formed base64 and white space is refused. */
export function base64Bytes(element: Element): Buffer {
  const text = leafText(element).replace(/[ \t\r\n]+/g, '');
  if (text === '' || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) {
    throw new Fault(`${element.localName} is not base64`);
  }
  return Buffer.from(text, 'base64');
}

/** Whether the element has this namespace and local name. */
export function is(element: Element, namespace: string, name: string): boolean {
  return element.namespaceURI === namespace && element.localName === name;
}

/** An attribute without a namespace, or undefined. */
export function attribute(element: Element, name: string): string | undefined {
  return element.getAttributeNode(name)?.value;
}

/** @throws Fault when the attribute is missing. */
export function requiredAttribute(element: Element, name: string): string {
  const value = attribute(element, name);
  if (value === undefined) throw new Fault(`${element.localName} has no ${name}`);
  return value;
}

/**
 * The children by local name, all of one namespace and all among `names`.
 * @throws Fault at any other child
 */
export function childrenByName(element: Element, namespace: string, names: readonly string[]): Map<string, Element[]> {
  const found = new Map<string, Element[]>(names.map((name) => [name, []]));
  for (const child of childElements(element)) {
    const list = child.namespaceURI === namespace ? found.get(child.localName ?? '') : undefined;
    if (list === undefined) throw new Fault(`${element.localName} holds an element that does not belong there`);
    list.push(child);
  }
  return found;
}

/** The only element of a list. @throws Fault when there is none or more than one */
export function exactlyOne(elements: readonly Element[] | undefined, name: string): Element {
  const [first, second] = elements ?? [];
  if (first === undefined) throw new Fault(`${name} is missing`);
  if (second !== undefined) throw new Fault(`${name} occurs more than once`);
  return first;
}
