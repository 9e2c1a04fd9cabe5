import { LosslessNumber, parse as parseJson, stringify } from 'lossless-json';
import type { ColumnModel, DataMapModel, PersonalTableModel } from '../datamap/model.js';
import { type CellReason, mayGive } from '../datamap/read.js';
import type { JsonNode } from '../datamap/schema.js';
import type { Text } from '../documents/page-model.js';
import { nameContains } from '../identity/kinds.js';
import { mentionsOthers, type Own } from './mentions.js';
import type { Traits } from './traits.js';

/**
 * A value as the person gets it: PostgreSQL's text, NULL, a text of which words are covered, or nothing with the
 * reason.
 */
export type GivenCell =
  | { readonly value: string | null; readonly redacted?: true }
  | { readonly withheld: CellReason; readonly because?: Text };

/** A free text, or a part of a document that nobody described, which may speak of others. */
export interface FoundText {
  readonly column: ColumnModel;
  /** Names, and numbers of list elements from 0, that lead to it in a JSON document; empty for a whole column. */
  readonly place: readonly (string | number)[];
  readonly text: string;
  /** Whether the map calls it free text, and not only what it holds makes it one. */
  readonly free: boolean;
  /** False for a part of a document that the map does not know. */
  readonly described: boolean;
}

/** What becomes of a free text. */
export type Verdict =
  | 'give'
  | { readonly redacted: string }
  | { readonly withheld: 'free-text' | 'reviewed'; readonly because?: Text };

/** What decides whether a value may be given to the person: what their own rows call them. */
export interface Giver extends Own {
  readonly table: PersonalTableModel;
  /** Called for each place of a JSON document that was left out or in which words were covered. */
  readonly onJsonWithheld: (column: ColumnModel, path: string, reason: CellReason | 'redacted', because?: Text) => void;
  /** What is about others is given, too. */
  readonly everybody?: boolean;
  /** Whether a place of a JSON document was asked for; all if left out. */
  readonly asked?: (node: JsonNode) => boolean;
  /** Decides free texts where somebody read them; else those that mention others are withheld. */
  readonly judge?: (found: FoundText) => Verdict;
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
  if (entry.namesSomeone === true && giver.everybody !== true && !isOwnName(giver.traits, value))
    return { withheld: 'third-party' };
  if (entry.json !== undefined) return giveJson(giver, column, entry.json, owners, value);
  if (entry.freeText !== true) return { value };
  return textCell(judge(giver, { column, place: [], text: value, free: true, described: true }), value);
}

function textCell(verdict: Verdict, value: string): GivenCell {
  if (verdict === 'give') return { value };
  return 'redacted' in verdict ? { value: verdict.redacted, redacted: true } : verdict;
}

function judge(giver: Giver, found: FoundText): Verdict {
  if (giver.judge !== undefined) return giver.judge(found);
  return found.described && !mentionsOthers(giver, found.text) ? 'give' : { withheld: 'free-text' };
}

/** Whether all of a name's words are the person's, so that a second person in the same field is not given away. */
function isOwnName(traits: Traits, value: string): boolean {
  return (traits.get('name') ?? []).some((name) => nameContains(name, value));
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
  // Whoever does not own the column cannot be given by decision what nobody described in it.
  const mine = mayGive(giver.table, column.owner, owners);
  let document: unknown;
  try {
    document = parseJson(text);
  } catch {
    // Text that should be JSON and is not: nobody described what it holds.
    if (!mine) return { withheld: 'free-text' };
    return textCell(judge(giver, { column, place: [], text, free: true, described: false }), text);
  }
  const places = nodes.map((node) => ({ node, path: node.path.map((part) => (part === '*' ? ELEMENT : part)) }));
  const withhold = (
    place: string,
    reason: CellReason,
    { because, count = 1 }: { because?: Text; count?: number } = {},
  ) => {
    for (let i = 0; i < count; i++) giver.onJsonWithheld(column, place, reason, because);
    return { withheld: reason };
  };
  const settle = (verdict: Verdict, place: string, value: unknown, count = 1): unknown => {
    if (verdict === 'give') return value;
    if (!('redacted' in verdict)) return withhold(place, verdict.withheld, { ...verdict, count });
    giver.onJsonWithheld(column, place, 'redacted');
    return verdict.redacted;
  };
  const undescribed = (value: unknown, name: string, at: FoundText['place'], count = 1): unknown => {
    // Only a decision needs its text, which may be long.
    if (giver.judge === undefined || !mine) return withhold(name, 'free-text', { count });
    const found = { column, place: at, text: stringify(value) ?? '', free: true, described: false };
    return settle(giver.judge(found), name, value, count);
  };
  const walk = (value: unknown, path: Path, at: FoundText['place']): unknown => {
    const around = places.filter((place) => startsWith(place.path, path));
    const here = around.flatMap(({ node }) => (node.path.length === path.length ? [node] : []));
    const name = here[0]?.path.join('.') ?? UNDESCRIBED;
    for (const node of here) {
      const reason = nodeReason(giver, column, node, owners, value);
      if (reason !== undefined) return withhold(name, reason);
    }
    if (!isContainer(value)) {
      if (value === null) return value;
      return here.length === 0
        ? undescribed(value, name, at)
        : settle(judgeValue(giver, column, here, value, at), name, value);
    }
    const members = Object.entries(value);
    if (members.length === 0) return value;
    if (Array.isArray(value)) {
      if (!around.some((place) => place.path[path.length] === ELEMENT)) return undescribed(value, name, at);
      return value.map((item: unknown, i) => walk(item, [...path, ELEMENT], [...at, i]));
    }
    const names = new Set(around.map((place) => place.path[path.length]));
    const known = members.filter(([key]) => names.has(key));
    if (known.length === 0) return undescribed(value, name, at);
    const given = known.map(([key, member]) => [key, walk(member, [...path, key], [...at, key])]);
    if (known.length === members.length) return Object.fromEntries(given);
    let neutral = UNDESCRIBED;
    while (names.has(neutral)) neutral += UNDESCRIBED;
    const rest = members.filter(([key]) => !names.has(key));
    const left = undescribed(Object.fromEntries(rest), UNDESCRIBED, [...at, neutral], rest.length);
    return Object.fromEntries([...given, [neutral, left]]);
  };
  return { value: stringify(walk(document, [], [])) ?? null };
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
  if (giver.asked?.(node) === false) return 'not-asked';
  if (giver.everybody === true) return undefined;
  if (!mayGive(giver.table, node.owner ?? column.owner, owners)) return 'third-party';
  if (value === null || isContainer(value)) return undefined;
  return node.namesSomeone === true && !isOwnName(giver.traits, String(value)) ? 'third-party' : undefined;
}

/** Whether a single value that no reason hides may be given for what it says. */
function judgeValue(
  giver: Giver,
  column: ColumnModel,
  nodes: readonly JsonNode[],
  value: unknown,
  place: FoundText['place'],
): Verdict {
  const free = column.entry.freeText === true || nodes.some((node) => node.freeText === true);
  // Documents are written by programs that change: a text may come to hold more than the map's author saw in it.
  const unforeseen = typeof value === 'string' && nodes.some((node) => node.identifier === undefined);
  if (!free && !unforeseen) return 'give';
  return judge(giver, { column, place, text: String(value), free, described: true });
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
