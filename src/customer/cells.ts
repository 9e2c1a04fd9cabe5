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
function mentionsOthers(
  { traits, known, spelling }: Pick<Giver, 'traits' | 'known' | 'spelling'>,
  text: string,
): boolean {
  return detectIdentifiers(text, spelling).some(
    ({ kind, value }) => ![...(traits.get(kind) ?? []), ...known].some((own) => same(kind, own, value, spelling)),
  );
}

/** Stands for the elements of a list, in the map's paths and in those of a document; no name in a document is it. */
const ELEMENT = Symbol('element');
type Path = readonly (string | typeof ELEMENT)[];

/** Stands in for the names of members that the map does not describe, which can be data themselves. */
const UNDESCRIBED = '…';

/**
 * Gives the described places of a JSON document; all others are left out, each with its reason. The map's deepest
 * place decides, but below one that is withheld nothing is given.
 */
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
  const places = nodes.map((node) => ({ node, path: node.path.map((part) => (part === '*' ? ELEMENT : part)) }));
  const withhold = (place: string, reason: CellReason) => {
    giver.onJsonWithheld(column, place, reason);
    return { withheld: reason };
  };
  const walk = (value: unknown, path: Path): unknown => {
    const around = places.filter((place) => startsWith(place.path, path));
    const here = around.flatMap(({ node }) => (node.path.length === path.length ? [node] : []));
    const name = here[0]?.path.join('.') ?? UNDESCRIBED;
    for (const node of here) {
      const reason = nodeReason(giver, column, node, owners, value);
      if (reason !== undefined) return withhold(name, reason);
    }
    if (!isContainer(value)) return value === null || here.length > 0 ? value : withhold(name, 'free-text');
    const members = Object.entries(value);
    if (members.length === 0) return value;
    if (Array.isArray(value)) {
      const described = around.some((place) => place.path[path.length] === ELEMENT);
      return described ? value.map((item: unknown) => walk(item, [...path, ELEMENT])) : withhold(name, 'free-text');
    }
    const names = new Set(around.map((place) => place.path[path.length]));
    const given = members.filter(([key]) => names.has(key)).map(([key, member]) => [key, walk(member, [...path, key])]);
    if (given.length === members.length) return Object.fromEntries(given);
    if (given.length === 0) return withhold(name, 'free-text');
    for (let more = given.length + 1; more < members.length; more++) withhold(UNDESCRIBED, 'free-text');
    let neutral = UNDESCRIBED;
    while (names.has(neutral)) neutral += UNDESCRIBED;
    return Object.fromEntries([...given, [neutral, withhold(UNDESCRIBED, 'free-text')]]);
  };
  return { value: stringify(walk(document, [])) ?? null };
}

/** Why the value at a place of a JSON document is not given, as the place itself has it. */
function nodeReason(
  giver: Giver,
  column: ColumnModel,
  node: JsonNode,
  owners: number,
  value: unknown,
): CellReason | undefined {
  if (node.secret !== undefined) return 'secret';
  if (!mayGive(giver.table, node.owner ?? column.owner, owners)) return 'third-party';
  if (value === null || isContainer(value)) return undefined;
  const text = String(value);
  if (node.namesSomeone === true && !isOwnName(giver.traits, text)) return 'third-party';
  const freeText = node.freeText === true || column.entry.freeText === true;
  // Documents are written by programs that change: a text may come to hold more than the map's author saw in it.
  const unforeseen = typeof value === 'string' && node.identifier === undefined;
  return (freeText || unforeseen) && mentionsOthers(giver, text) ? 'free-text' : undefined;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof LosslessNumber);
}

function startsWith(path: Path, start: Path): boolean {
  return start.length <= path.length && start.every((part, i) => part === path[i]);
}

/** The e-mails and phones of the controller and its officer, as a text may name them. */
export function controllerIdentifiers(model: DataMapModel): string[] {
  const { controller, supervisor } = model.map;
  return [controller.email, controller.phone, controller.officer, supervisor.email].filter(
    (value) => value !== undefined,
  );
}
