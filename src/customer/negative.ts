import { readCatalog } from '../datamap/catalog.js';
import { assertNoDrift } from '../datamap/drift.js';
import type { DataMapModel } from '../datamap/model.js';
import { occurrencesOf } from '../datamap/occurrences.js';
import type { Text } from '../datamap/schema.js';
import { letter } from '../documents/letters/letter.js';
import type { Language } from '../documents/page-model.js';
import { GdprError } from '../foundation/errors.js';
import { type IdentifierKind, mask } from '../identity/kinds.js';
import { archiveOutcome } from '../operation/archived.js';
import { runOperation } from '../operation/operation.js';
import { deadlineOf } from '../request/deadline.js';
import { deskOf, readRequest } from '../request/register.js';
import { clockOf, type StoredRequest } from '../request/request.js';
import type { Context } from '../workspace/open.js';
import { type PersonQuery, resolveQueries } from './resolve.js';

/** One identifier that was searched by, and every place that could have held it. */
export interface Searched {
  readonly identifier: string;
  /** `table.column`, or the table alone for a key. */
  readonly places: readonly string[];
}

export interface NegativeResult {
  readonly negative: true;
  readonly operation: string;
  readonly archive: string;
  readonly sha256: string;
  readonly snapshot: string;
  readonly searched: readonly Searched[];
  readonly audit: { readonly sequence: number };
}

/**
 * A signed answer that nobody matches, which lists what was searched (Art. 15(1): "whether or not"). The search is
 * made again in the snapshot that the answer speaks of.
 * @throws GdprError PLAN_CHANGED when somebody matches now; NOT_FOUND; as `archiveOutcome`
 */
export async function answerNegative(
  context: Context,
  query: PersonQuery,
  options: { number: string | undefined; language: Language },
): Promise<NegativeResult> {
  const { number, language } = options;
  const { today, holidays } = await deskOf(context);
  const intent = {
    action: 'customer negative answer',
    subjects: [],
    ground: 'Art. 15',
    ...(number !== undefined && { request: number }),
  };
  return runOperation(
    context,
    intent,
    async (operation) => {
      const { request, ...found } = await search(context, query, number);
      const { map } = context.model;
      const page = letter('negative', {
        language,
        date: today,
        request: request && {
          number: request.number,
          asked: [request.kind],
          received: request.received,
          due: deadlineOf({ ...clockOf(request, today), extended: false }, holidays).due,
        },
        controller: map.controller,
        supervisor: map.supervisor,
        search: {
          at: found.snapshot,
          timeZone: map.timeZone,
          tables: context.model.tables.length,
          groups: context.model.tables.map(({ entry }) => entry.title),
          identifiers: found.searched.map(({ title, masked }) => ({ kind: title, ...(masked && { masked }) })),
        },
      });
      const searched = found.searched.map(({ identifier, places }) => ({ identifier, places }));
      const manifest = {
        format: 'privatums negative answer',
        version: 1,
        operation: operation.id,
        action: intent.action,
        ground: intent.ground,
        ...(number !== undefined && { request: number }),
        snapshot: found.snapshot,
        controller: map.controller.name,
        mapDigest: context.model.digest,
        searched,
        tables: context.model.tables.map(({ name }) => name),
      };
      const archived = await archiveOutcome(context, operation, negativeName(operation.id), async (archive) => {
        await archive.add('manifest.json', 'application/json', `${JSON.stringify(manifest, undefined, 2)}\n`);
        await archive.add('index.html', 'text/html', page);
        return { written: undefined, outcome: { counts: { tables: context.model.tables.length } } };
      });
      return {
        negative: true,
        operation: operation.id,
        archive: archived.path,
        sha256: archived.sha256,
        snapshot: found.snapshot,
        searched,
        audit: { sequence: archived.sequence },
      };
    },
    negativeName,
  );
}

function negativeName(operation: string): string {
  return `negative-${operation}.asice`;
}

interface SearchedBy extends Searched {
  readonly title: Text;
  readonly masked?: string;
}

async function search(
  { model, database }: Context,
  query: PersonQuery,
  number: string | undefined,
): Promise<{ snapshot: string; searched: SearchedBy[]; request: StoredRequest | undefined }> {
  return database.transaction('repeatable read', async (session) => {
    const catalog = await readCatalog(session);
    assertNoDrift(model, catalog);
    const [resolved] = await resolveQueries(session, model, catalog, [query]);
    if (resolved !== undefined && 'fault' in resolved) throw resolved.fault;
    if (resolved !== undefined && resolved.people.length > 0) {
      throw new GdprError('PLAN_CHANGED', 'somebody matches now who did not before', { hint: 'run the command again' });
    }
    const [instant] = await session.query<{ at: string }>(
      `SELECT to_char(transaction_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at`,
    );
    return {
      snapshot: instant?.at ?? '',
      searched: searchedBy(model, query),
      request: number === undefined ? undefined : await readRequest(session, number),
    };
  });
}

const KINDS: readonly { key: keyof PersonQuery; kind: IdentifierKind; title: Text }[] = [
  { key: 'email', kind: 'email', title: { lv: 'e-pasta adrese', en: 'e-mail address' } },
  { key: 'phone', kind: 'phone', title: { lv: 'tālruņa numurs', en: 'phone number' } },
  { key: 'name', kind: 'name', title: { lv: 'vārds un uzvārds', en: 'name' } },
  { key: 'personasKods', kind: 'personas-kods', title: { lv: 'personas kods', en: 'personal code' } },
];

/** By what was searched, and where; the values are masked, and only for the person to read. */
function searchedBy(model: DataMapModel, query: PersonQuery): SearchedBy[] {
  const places = (matches: (place: ReturnType<typeof occurrencesOf>[number]) => boolean) => [
    ...new Set(
      occurrencesOf(model)
        .filter(matches)
        .flatMap(({ node, places: held }) =>
          held.map(({ column, path = [] }) => [node.table.name, column, ...path].join('.')),
        ),
    ),
  ];
  const byKind = KINDS.flatMap(({ key, kind, title }) => {
    const value = query[key];
    if (value === undefined) return [];
    return [{ identifier: kind, title, masked: mask(kind, value), places: places((place) => place.kind === kind) }];
  });
  const order =
    query.order === undefined
      ? []
      : [
          {
            identifier: 'order-number',
            title: { lv: 'pasūtījuma numurs', en: 'order number' },
            places: places(({ identifier }) => identifier === 'order-number'),
          },
        ];
  const id =
    query.id === undefined
      ? []
      : [
          {
            identifier: 'id',
            title: { lv: 'ieraksta numurs', en: 'record number' },
            places: Object.values(model.map.persons).map(({ table }) => table),
          },
        ];
  return [...byKind, ...order, ...id];
}
