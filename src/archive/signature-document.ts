import type { Element } from '@xmldom/xmldom';
import { exclusiveC14n } from './exclusive-c14n.js';
import { Fault } from './fault.js';
import { MAX_FILES } from './layout.js';
import { ASIC, DS, XADES } from './namespaces.js';
import {
  attribute,
  base64Bytes,
  childElements,
  childrenByName,
  exactlyOne,
  is,
  leafText,
  parseXml,
  requiredAttribute,
} from './xml.js';

export interface Reference {
  readonly id: string | undefined;
  readonly uri: string;
  readonly type: string | undefined;
  readonly transforms: readonly string[];
  readonly digestMethod: string;
  readonly digest: Buffer;
}

/** What META-INF/signatures0.xml says; nothing of it is verified yet. The canonical bytes are exclusive c14n. */
export interface SignatureDocument {
  readonly id: string;
  readonly canonicalization: string;
  readonly signatureMethod: string;
  readonly references: readonly Reference[];
  readonly signedInfo: Buffer;
  readonly signatureValue: Buffer;
  /** Canonical bytes of ds:SignatureValue, which a timestamp covers. */
  readonly signatureValueElement: Buffer;
  /** DER of every ds:X509Certificate, in order. */
  readonly certificates: readonly Buffer[];
  readonly propertiesId: string;
  readonly propertiesTarget: string;
  readonly signedProperties: Buffer;
  readonly signingTime: string;
  readonly signingCertificate: { readonly digestMethod: string; readonly digest: Buffer };
  /** Media types by the Id of the reference that they are for. */
  readonly mediaTypes: ReadonlyMap<string, string>;
  readonly timestamp: { readonly canonicalization: string; readonly token: Buffer } | undefined;
}

/**
 * Reads a signature file of exactly the form that this tool writes: one signature, every element in its one place, so
 * that no signed element can be wrapped, moved or shadowed by another (XML signature wrapping).
 * @throws Fault
 */
export function readSignature(bytes: Uint8Array): SignatureDocument {
  const root = parseXml(bytes);
  if (!is(root, ASIC, 'XAdESSignatures')) throw new Fault('its root is not asic:XAdESSignatures');
  refuseRepeatedIds(root);
  const signature = exactlyOne(childrenByName(root, DS, ['Signature']).get('Signature'), 'ds:Signature');
  const parts = only(signature, DS, ['SignedInfo', 'SignatureValue', 'KeyInfo', 'Object']);
  const object = only(parts.Object, XADES, ['QualifyingProperties']);
  const qualifying = childrenByName(object.QualifyingProperties, XADES, ['SignedProperties', 'UnsignedProperties']);
  const properties = exactlyOne(qualifying.get('SignedProperties'), 'xades:SignedProperties');
  return {
    id: requiredAttribute(signature, 'Id'),
    ...readSignedInfo(parts.SignedInfo),
    signatureValue: base64Bytes(parts.SignatureValue),
    signatureValueElement: Buffer.from(exclusiveC14n(parts.SignatureValue)),
    certificates: readKeyInfo(parts.KeyInfo),
    propertiesTarget: requiredAttribute(object.QualifyingProperties, 'Target'),
    ...readSignedProperties(properties),
    timestamp: readTimestamp(qualifying.get('UnsignedProperties') ?? []),
  };
}

function readSignedInfo(element: Element) {
  const parts = childrenByName(element, DS, ['CanonicalizationMethod', 'SignatureMethod', 'Reference']);
  const references = parts.get('Reference') ?? [];
  if (references.length > MAX_FILES + 1) throw new Fault('it signs too many files');
  return {
    canonicalization: bareAlgorithm(exactlyOne(parts.get('CanonicalizationMethod'), 'ds:CanonicalizationMethod')),
    signatureMethod: bareAlgorithm(exactlyOne(parts.get('SignatureMethod'), 'ds:SignatureMethod')),
    references: references.map(readReference),
    signedInfo: Buffer.from(exclusiveC14n(element)),
  };
}

function readReference(element: Element): Reference {
  const parts = childrenByName(element, DS, ['Transforms', 'DigestMethod', 'DigestValue']);
  const [transforms, second] = parts.get('Transforms') ?? [];
  if (second !== undefined) throw new Fault('ds:Transforms occurs more than once');
  const list = transforms === undefined ? [] : (childrenByName(transforms, DS, ['Transform']).get('Transform') ?? []);
  return {
    id: attribute(element, 'Id'),
    uri: requiredAttribute(element, 'URI'),
    type: attribute(element, 'Type'),
    transforms: list.map(bareAlgorithm),
    digestMethod: bareAlgorithm(exactlyOne(parts.get('DigestMethod'), 'ds:DigestMethod')),
    digest: base64Bytes(exactlyOne(parts.get('DigestValue'), 'ds:DigestValue')),
  };
}

function readKeyInfo(element: Element): Buffer[] {
  const { X509Data } = only(element, DS, ['X509Data']);
  const certificates = childrenByName(X509Data, DS, ['X509Certificate']).get('X509Certificate') ?? [];
  if (certificates.length === 0 || certificates.length > 16)
    throw new Fault('KeyInfo does not hold 1 to 16 certificates');
  return certificates.map(base64Bytes);
}

function readSignedProperties(element: Element) {
  const parts = only(element, XADES, ['SignedSignatureProperties', 'SignedDataObjectProperties']);
  const signature = only(parts.SignedSignatureProperties, XADES, ['SigningTime', 'SigningCertificateV2']);
  const { Cert } = only(signature.SigningCertificateV2, XADES, ['Cert']);
  // IssuerSerialV2 is a hint that the digest makes superfluous; EN 319 132-1 §5.2.2.
  const certificate = childrenByName(Cert, XADES, ['CertDigest', 'IssuerSerialV2']);
  const digest = only(exactlyOne(certificate.get('CertDigest'), 'xades:CertDigest'), DS, [
    'DigestMethod',
    'DigestValue',
  ]);
  const formats =
    childrenByName(parts.SignedDataObjectProperties, XADES, ['DataObjectFormat']).get('DataObjectFormat') ?? [];
  const mediaTypes = new Map<string, string>();
  for (const format of formats) {
    const reference = requiredAttribute(format, 'ObjectReference');
    if (!reference.startsWith('#')) throw new Fault('a DataObjectFormat is for something outside the signature');
    if (mediaTypes.has(reference.slice(1))) throw new Fault('two DataObjectFormats are for one file');
    mediaTypes.set(reference.slice(1), leafText(only(format, XADES, ['MimeType']).MimeType));
  }
  return {
    propertiesId: requiredAttribute(element, 'Id'),
    signedProperties: Buffer.from(exclusiveC14n(element)),
    signingTime: leafText(signature.SigningTime),
    signingCertificate: { digestMethod: bareAlgorithm(digest.DigestMethod), digest: base64Bytes(digest.DigestValue) },
    mediaTypes,
  };
}

function readTimestamp(unsigned: readonly Element[]): SignatureDocument['timestamp'] {
  if (unsigned.length === 0) return undefined;
  const { UnsignedSignatureProperties } = only(exactlyOne(unsigned, 'xades:UnsignedProperties'), XADES, [
    'UnsignedSignatureProperties',
  ]);
  const { SignatureTimeStamp } = only(UnsignedSignatureProperties, XADES, ['SignatureTimeStamp']);
  const [method, token, more] = childElements(SignatureTimeStamp);
  if (method === undefined || token === undefined || more !== undefined) {
    throw new Fault('SignatureTimeStamp does not hold a method and a token');
  }
  if (!is(method, DS, 'CanonicalizationMethod') || !is(token, XADES, 'EncapsulatedTimeStamp')) {
    throw new Fault('SignatureTimeStamp does not hold a method and a token');
  }
  return { canonicalization: bareAlgorithm(method), token: base64Bytes(token) };
}

/** The Algorithm of an element without parameters. */
function bareAlgorithm(element: Element): string {
  if (childElements(element).length > 0)
    throw new Fault(`${element.localName} has parameters, which are not supported`);
  return requiredAttribute(element, 'Algorithm');
}

/** The children when they are exactly one of each name. */
function only<Name extends string>(element: Element, namespace: string, names: readonly Name[]): Record<Name, Element> {
  const children = childrenByName(element, namespace, names);
  const found: Partial<Record<Name, Element>> = {};
  for (const name of names) found[name] = exactlyOne(children.get(name), name);
  return found as Record<Name, Element>;
}

function refuseRepeatedIds(root: Element): void {
  const seen = new Set<string>();
  const open = [root];
  for (let element = open.pop(); element !== undefined; element = open.pop()) {
    const id = attribute(element, 'Id');
    if (id !== undefined && seen.has(id)) throw new Fault('an Id occurs twice');
    if (id !== undefined) seen.add(id);
    for (let node = element.firstChild; node !== null; node = node.nextSibling) {
      if (node.nodeType === node.ELEMENT_NODE) open.push(node as Element);
    }
  }
}
