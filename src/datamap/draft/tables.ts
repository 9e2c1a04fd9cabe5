import { stringify } from 'yaml';
import { parseTableName } from '../names.js';
import { TO_DECIDE } from '../undecided.js';
import type { DraftKey } from './keys.js';
import type { DraftOwner, DraftTable } from './owners.js';
import { isDate, type Kind, type Recognised } from './recognise.js';
import { columnTitle, tableTitle } from './words.js';

const CATEGORY: Readonly<Partial<Record<Kind, string>>> = {
  email: 'contact',
  phone: 'contact',
  name: 'identity',
  'personas-kods': 'identity',
  birth: 'identity',
  'order-number': 'record',
  secret: 'account',
  staff: 'staff',
  address: 'contact',
  technical: 'technical',
  payment: 'payment',
  consent: 'consent',
  'free-text': 'correspondence',
  structure: 'record',
};

const PROVIDED: readonly Kind[] = ['email', 'phone', 'name', 'personas-kods', 'birth', 'address'];
const OBSERVED: readonly Kind[] = ['structure', 'order-number', 'staff', 'technical'];
const IDENTIFIERS: readonly Kind[] = ['email', 'phone', 'name', 'personas-kods'];
const SUSPICIOUS: readonly Kind[] = [...PROVIDED, 'secret', 'staff', 'technical', 'consent', 'free-text', 'json'];
const CODED = /(^|_|\b)(status|state|type|kind|tier|level|channel|reason|role|segment|group)$/i;
const both = { lv: TO_DECIDE, en: TO_DECIDE };

/** One table's entry of the map, at two spaces of indentation. */
export function tableText(draft: DraftTable): string {
  const lines = draft.owners.length > 0 ? personal(draft) : impersonal(draft);
  return [`  ${scalar(draft.table.name)}:`, ...lines.map((line) => `    ${line}`)].join('\n');
}

function impersonal({ columns }: DraftTable): string[] {
  const suspicious = columns.filter(({ kind }) => SUSPICIOUS.includes(kind)).map(({ column }) => column.name);
  return [
    '# No key leads from here to a person. If that is right, say why it holds nothing about anyone; else describe it.',
    ...(suspicious.length === 0 ? [] : [`# Look at: ${oneLine(suspicious.join(', '))}`]),
    `impersonal: ${flow(both)}`,
    `columns: ${flow(columns.map(({ column }) => column.name))}`,
  ];
}

function personal(draft: DraftTable): string[] {
  const { table, columns, owners, otherKeys } = draft;
  const dates = columns.filter(({ column }) => isDate(column)).map(({ column }) => column.name);
  return [
    `title: ${flow(tableTitle(parseTableName(table.name)?.table ?? ''))}`,
    'owners:',
    ...owners.flatMap((owner) => indent(ownerLines(owner))),
    `erase: ${TO_DECIDE} # delete (the row goes), or columns (it stays, and each column says what becomes of it)`,
    `# Until when? Better than a reason: retention: [{ rule: …, clock: { column: … } }]${dates.length === 0 ? '' : `; dates here: ${oneLine(dates.join(', '))}`}`,
    `keptBecause: ${flow(both)}`,
    ...(otherKeys.length === 0
      ? []
      : [
          '# These keys lead to people too. Add a reach if the row is theirs, else say why it is not.',
          'otherKeys:',
          ...otherKeys.map(otherKey),
        ]),
    ...(owners.length > 1
      ? [
          '# Several people have a part in a row: "owner" says whose each column is (shared: everybody’s, other: nobody’s here).',
        ]
      : []),
    'columns:',
    ...columns.flatMap((column) => indent(columnLines(column, draft))),
  ];
}

function ownerLines(owner: DraftOwner): string[] {
  return [
    `${owner.id}:`,
    `  title: ${flow(owner.title)}`,
    '  reach:',
    ...owner.reach.map(({ reach, remark }) => `    - ${flow(reach)}${remark === undefined ? '' : ` # ${remark}`}`),
  ];
}

function otherKey(key: DraftKey): string {
  return `  - { columns: ${flow([...key.columns])}, because: ${flow(both)} } # to ${oneLine(key.to)}`;
}

function columnLines({ column, kind, group }: Recognised, draft: DraftTable): string[] {
  const own = 'self' in (draft.owners[0]?.reach[0]?.reach ?? {});
  const given = draft.ownerOf.get(column.name);
  const structural = kind === 'structure' || kind === 'order-number';
  // A name, phone or e-mail that is not known to be the owner's is covered, and nobody is found by it.
  const theirs =
    own || given !== undefined || kind === 'email' || kind === 'personas-kods' || group === guestGroup(draft);
  const open =
    draft.owners.length > 1 ? !(own && PROVIDED.includes(kind)) : kind === 'phone' && group !== '' && !theirs;
  const owner = given ?? (structural ? 'shared' : kind === 'staff' ? 'other' : open ? TO_DECIDE : undefined);
  const identifier = kind === 'order-number' ? kind : IDENTIFIERS.includes(kind) && theirs ? kind : undefined;
  const source = PROVIDED.includes(kind)
    ? 'provided'
    : OBSERVED.includes(kind) || column.generated
      ? 'observed'
      : TO_DECIDE;
  return [
    `${scalar(column.name)}: # ${oneLine(column.type)}`,
    ...[
      `title: ${flow(columnTitle(column.name))}`,
      `category: ${CATEGORY[kind] ?? TO_DECIDE}`,
      `purposes: [${TO_DECIDE}]`,
      `source: ${source}${source === TO_DECIDE ? ' # provided, observed or inferred' : ''}`,
      ...(owner === undefined ? [] : [`owner: ${owner}`]),
      ...(identifier === undefined ? [] : [`identifier: ${identifier}`]),
      ...(kind === 'name' && !theirs
        ? ['namesSomeone: true # given to the person only where it is their own name']
        : []),
      ...(kind === 'secret'
        ? [
            `secret: ${flow({ lv: 'Lietojams, lai piekļūtu kontam vai to atgūtu', en: 'Serves to get into an account or to get it back' })}`,
          ]
        : []),
      ...(kind === 'free-text' ? ['freeText: true'] : []),
      ...(kind === 'json'
        ? [
            '# Every place that may be given; one that is not listed is withheld.',
            `json: [{ path: [${TO_DECIDE}], title: ${flow(both)}, category: ${TO_DECIDE} }]`,
          ]
        : []),
      ...(CODED.test(column.name)
        ? ['# If it holds codes, say what each means: codes: { "1": { lv: …, en: … } }']
        : []),
      `erase: ${TO_DECIDE}`,
    ].map((line) => `  ${line}`),
  ];
}

/** The words before the e-mail by which guests' rows are found: their name and phone bear the same. */
function guestGroup(draft: DraftTable): string | undefined {
  const reach = draft.owners[0]?.reach.map((item) => item.reach).find((item) => 'identifier' in item);
  const column = reach !== undefined && 'identifier' in reach ? reach.identifier[0]?.column : undefined;
  return draft.columns.find((item) => item.column.name === column)?.group;
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

/** A value on one line, quoted where YAML needs it. */
function flow(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', flowCollectionPadding: true, lineWidth: 0 }).trimEnd();
}

function scalar(text: string): string {
  return stringify(text, { lineWidth: 0, defaultStringType: 'PLAIN', blockQuote: false }).trimEnd();
}

/** A name as a comment may hold it: names may contain line breaks. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}
