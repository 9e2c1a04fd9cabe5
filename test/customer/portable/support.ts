import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportPrepared, prepareExport } from '../../../src/customer/export-customer.js';
import { PORTABLE } from '../../../src/customer/portable/kind.js';
import type { PersonQuery } from '../../../src/customer/resolve.js';
import type { Context } from '../../../src/workspace/open.js';
import { readArchive } from '../support/archive.js';
import { type Exported, nobodyToAsk } from '../support/export.js';

/** Runs a portable export as the command does, and reads the produced archive with nothing of the program. */
export async function exportPortable(context: Context, query: PersonQuery): Promise<Exported> {
  const prepared = await prepareExport(context, query, nobodyToAsk, PORTABLE);
  const options = { verified: 'account login', language: 'lv' as const };
  const result = await exportPrepared(context, prepared, options, () => {});
  return { result, archive: await readArchive(result.archive) };
}

export interface Node {
  readonly '@type': string;
  readonly '@id'?: string;
  readonly [property: string]: unknown;
}

interface Vocabulary {
  readonly properties: Readonly<
    Record<string, { readonly on: readonly string[]; readonly expects: readonly string[] }>
  >;
  readonly orderStatus: readonly string[];
}

const VOCABULARY = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../fixtures/schema-org.json'), 'utf8'),
) as Vocabulary;

const DATE = /^\d{4}-\d\d-\d\d$/;
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d:\d\d$/;

/** What is not schema.org's in a node or below it, as `type.property: why`. */
export function misfits(node: Node): string[] {
  return Object.entries(node).flatMap(([property, value]) => {
    if (property === '@type' || property === '@id') return [];
    const here = `${node['@type']}.${property}`;
    const known = VOCABULARY.properties[property];
    if (known === undefined) return [`${here}: unknown`];
    if (!known.on.includes(node['@type']) && !known.on.includes('Thing')) return [`${here}: not on this type`];
    const values: unknown[] = Array.isArray(value) ? value : [value];
    return values.flatMap((one) => {
      if (typeof one === 'object' && one !== null) {
        const child = one as Node;
        return known.expects.includes(child['@type'])
          ? misfits(child)
          : [`${here}: a ${child['@type']} is not expected there`];
      }
      return known.expects.some((type) => isOf(type, one))
        ? []
        : [`${here}: ${JSON.stringify(one)} is not expected there`];
    });
  });
}

function isOf(type: string, value: unknown): boolean {
  switch (type) {
    case 'Text':
      return typeof value === 'string';
    case 'Number':
      return typeof value === 'number' && Number.isFinite(value);
    case 'Boolean':
      return typeof value === 'boolean';
    case 'Date':
      return typeof value === 'string' && DATE.test(value);
    case 'DateTime':
      return typeof value === 'string' && DATE_TIME.test(value);
    case 'OrderStatus':
      return VOCABULARY.orderStatus.some((status) => value === `https://schema.org/${status}`);
    default:
      return false;
  }
}

/** The nodes of a `portable.jsonld`. */
export function graphOf(text: string): readonly Node[] {
  const document = JSON.parse(text) as { '@context': unknown; '@graph': readonly Node[] };
  if (document['@context'] !== 'https://schema.org') throw new Error('another context');
  return document['@graph'];
}
