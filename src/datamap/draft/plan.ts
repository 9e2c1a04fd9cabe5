import type { Catalog } from '../catalog.js';
import type { Text } from '../schema.js';
import { TO_DECIDE } from '../undecided.js';
import { type Facts, isPerson, NAMES_A_PERSON, ownName, pairOf, personalKeys, unused } from './facts.js';
import { keysOf } from './keys.js';
import { type DraftTable, tableOf } from './owners.js';
import { type Kind, recognise } from './recognise.js';
import { idOf, sentence } from './words.js';

export interface DraftPlan {
  readonly persons: readonly { readonly id: string; readonly title: Text; readonly table: string }[];
  readonly tables: readonly DraftTable[];
}

const PERSON =
  /^(customer|client|user|member|person|account|guest|visitor|subscriber|contact|patient|student|donor|volunteer|buyer|klient|klients|lietotajs|persona|biedrs|pircejs|kontaktpersona)$/;
const STAFF = /^(employee|staff|worker|darbinieks|admin|operator)$/;

/** Decides whose every table is: first people's own tables, then what keys lead to them, then what an identifier does. */
export function planDraft(catalog: Catalog): DraftPlan {
  const keys = keysOf(catalog);
  const facts = new Map<string, Facts>(
    [...catalog.values()].map((table) => [
      table.name,
      { table, columns: recognise(table), keys: keys.get(table.name) ?? [], incoming: 0 },
    ]),
  );
  for (const key of [...keys.values()].flat()) {
    const target = facts.get(key.to);
    if (target !== undefined) target.incoming += 1;
  }
  const all = [...facts.values()];
  const ids = new Set(['shared', 'other']);
  // Customers before staff: who handled an order is not whose order it is.
  for (const pattern of [PERSON, STAFF]) {
    for (const fact of all) if (isPersonTable(fact, pattern)) becomePerson(fact, ids);
    spread(all, facts);
  }
  // A row that no key leads from is found by the identifier that it holds; else it is a person whom nothing else knows.
  for (const starts of [holdsIdentifier, isPair, isLonePerson]) {
    for (const fact of all.filter((candidate) => candidate.distance === undefined && starts(candidate))) {
      if (starts === isLonePerson) becomePerson(fact, ids);
      else if (starts === isPair && !all.some((other) => isPerson(other) && other.table.key.length === 1)) continue;
      fact.distance = fact.distance ?? 1;
    }
    spread(all, facts);
  }
  return {
    persons: [...all]
      .sort((a, b) => b.incoming - a.incoming)
      .flatMap(({ person, table }) =>
        person === undefined ? [] : [{ id: person.id, title: person.title, table: table.name }],
      ),
    tables: all.map((fact) => tableOf(fact, facts)),
  };
}

function isPersonTable(fact: Facts, pattern: RegExp): boolean {
  return pattern.test(ownName(fact).at(-1) ?? '') && fact.columns.some(({ kind }) => NAMES_A_PERSON.includes(kind));
}

function becomePerson(fact: Facts, ids: Set<string>): void {
  const words = ownName(fact);
  const id = unused(idOf(words), ids);
  ids.add(id);
  fact.person = { id, title: { lv: TO_DECIDE, en: sentence(words) }, staff: STAFF.test(words.at(-1) ?? '') };
  fact.distance = 0;
}

function holdsIdentifier(fact: Facts): boolean {
  return fact.columns.some(({ kind }) => kind === 'email' || kind === 'personas-kods');
}

function isPair(fact: Facts): boolean {
  return pairOf(fact) !== undefined;
}

function isLonePerson(fact: Facts): boolean {
  const kinds = new Set(fact.columns.map(({ kind }) => kind));
  return kinds.has('name') && ['phone', 'birth', 'address'].some((kind) => kinds.has(kind as Kind));
}

/** Gives every table that a key leads from to a personal one its distance, the nearest first. */
function spread(all: readonly Facts[], facts: ReadonlyMap<string, Facts>): void {
  for (;;) {
    const found = all.flatMap((fact) => {
      const distance = Math.min(...personalKeys(fact, facts).map((key) => facts.get(key.to)?.distance ?? 0));
      return fact.distance === undefined && Number.isFinite(distance) ? [{ fact, distance: distance + 1 }] : [];
    });
    if (found.length === 0) return;
    for (const { fact, distance } of found) fact.distance = distance;
  }
}
