import { LosslessNumber, parse as parseJson, stringify } from 'lossless-json';
import type { ColumnModel, DataMapModel, PersonalTableModel } from '../datamap/model.js';
import { type CellReason, mayGive } from '../datamap/read.js';
import type { JsonNode } from '../datamap/schema.js';
import { detectIdentifiers } from '../identity/detect.js';
import { type IdentifierOptions, nameContains, same } from '../identity/kinds.js';
import type { Traits } from './traits.js';

/** A value as the person gets it: PostgreSQL's text, NULL, or nothing with the reason. */
export type GivenCell = { readonly value: string | null } | { readonly withheld: CellReason };

/** What decides whether a value may be given to the person: what their own rows call them. */
export interface Giver {
  readonly table: PersonalTableModel;
  readonly traits: Traits;
  /** The controller's own e-mails and phones, which are nobody's secret. */
  readonly known: readonly string[];
  readonly spelling: IdentifierOptions;
  /** Called for each place of a JSON document that was left out. */
  readonly onJsonWithheld: (column: ColumnModel, path: string, reason: CellReason) => void;
}

/** Decides one cell of a row that is the person's as `owners` (bit mask); `hidden` says that it is another owner's. */
export function giveCell(
  giver: Giver,
  column: ColumnModel,
  owners: number,
  hidden: boolean,
  value: string | null,
): GivenCell {
  if (hidden) return { withheld: 'third-party' };
  if (value === null) return { value };
  const { entry } = column;
  if (entry.namesSomeone === true && !isOwnName(giver.traits, value)) return { withheld: 'third-party' };
  if (entry.json !== undefined) return giveJson(giver, column, entry.json, owners, value);
  if (entry.freeText === true && mentionsOthers(giver, value)) return { withheld: 'free-text' };
  return { value };
}

/** Whether all of a name's words are the person's, so that a second person in the same field is not given away. */
function isOwnName(traits: Traits, value: string): boolean {
  return (traits.get('name') ?? []).some((name) => nameContains(name, value));
}

/** Whether a text holds an e-mail, phone or personas kods that is neither the person's nor the controller's. */
export function mentionsOthers(
  { traits, known, spelling }: Pick<Giver, 'traits' | 'known' | 'spelling'>,
  text: string,
): boolean {
  return detectIdentifiers(text, spelling).some(
    ({ kind, value }) => ![...(traits.get(kind) ?? []), ...known].some((own) => same(kind, own, value, spelling)),
  );
}

/** Gives the described places of a JSON document; all others are left out, each with its reason. */
function giveJson(
  giver: Giver,
  column: ColumnModel,
  nodes: readonly JsonNode[],
  owners: number,
  text: string,
): GivenCell {
  let document: unknown;
  try {
    document = parseJson(text);
  } catch {
    // Text that should be JSON and is not: nobody described what it holds.
    return { withheld: 'free-text' };
  }
  const walk = (value: unknown, path: readonly string[]): unknown => {
    const node = nodes.find((candidate) => matches(candidate.path, path));
    if (node !== undefined) {
      const reason: CellReason | undefined =
        node.secret !== undefined
          ? 'secret'
          : mayGive(giver.table, node.owner ?? column.owner, owners)
            ? undefined
            : 'third-party';
      if (reason === undefined) return value;
      giver.onJsonWithheld(column, node.path.join('.'), reason);
      return { withheld: reason };
    }
    if (Array.isArray(value)) return value.map((item: unknown) => walk(item, [...path, '*']));
    if (isObject(value))
      return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, walk(member, [...path, key])]));
    if (value === null) return null;
    giver.onJsonWithheld(column, '…', 'free-text');
    return { withheld: 'free-text' };
  };
  return { value: stringify(walk(document, [])) ?? null };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !(value instanceof LosslessNumber);
}

function matches(pattern: readonly string[], path: readonly string[]): boolean {
  return pattern.length === path.length && pattern.every((part, i) => part === '*' || part === path[i]);
}

/** The e-mails and phones of the controller and its officer, as a text may name them. */
export function controllerIdentifiers(model: DataMapModel): string[] {
  const { controller, supervisor } = model.map;
  return [controller.email, controller.phone, controller.officer, supervisor.email].filter(
    (value) => value !== undefined,
  );
}
