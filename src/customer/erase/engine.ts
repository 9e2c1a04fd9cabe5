import type { Session } from '../../database/session.js';
import type { Catalog } from '../../datamap/catalog.js';
import { collectRows } from '../../datamap/collect.js';
import { compileCollect } from '../../datamap/collect-plan.js';
import type { DataMapModel } from '../../datamap/model.js';
import type { FoundPerson } from '../people.js';
import { readTraits, type Traits } from '../traits.js';
import { compileErase, type Erasure } from './compile.js';
import { countEffect, type Effect, executeErase } from './execute.js';
import { decideFates, forgetDecided, type Ruling } from './fate.js';
import type { KeptStatement } from './kept.js';
import { type KeptSummary, keptByPerson, summariseKept } from './kept-rows.js';
import { collectLocked } from './lock.js';
import { chooseValues } from './probe.js';
import type { TokenHasher } from './values.js';

/** The people whose data is erased, under the map and the catalogue that decide how. */
export interface EraseRequest {
  readonly model: DataMapModel;
  readonly catalog: Catalog;
  readonly people: readonly FoundPerson[];
  /** The instant that decides which retention rules have run out, ISO 8601. */
  readonly at: string;
  /** Grounds beside those of the map, e.g. holds. */
  readonly more?: (erasure: Erasure) => readonly KeptStatement[];
}

/** What an erasure comes to. */
export interface Rehearsal extends Effect {
  readonly erasure: Erasure;
  readonly kept: readonly KeptSummary[];
}

export interface Erased extends Rehearsal {
  /** What the people's own rows called them before, by person: what the residue proof looks for. */
  readonly traits: readonly Traits[];
  /** What is kept of each of them, by person. */
  readonly keptBy: readonly (readonly KeptSummary[])[];
  readonly ruling: Ruling;
}

/**
 * Compiles the erasure and tries its values out on the database.
 * @throws GdprError DRIFT that names every column whose word cannot be followed
 */
async function prepareErasure(session: Session, model: DataMapModel, catalog: Catalog): Promise<Erasure> {
  return chooseValues(session, compileErase(model, catalog), model, catalog);
}

/** What the erasure would come to now, changing nothing; in the caller's transaction, whose temporary tables it uses. */
export async function rehearseErase(session: Session, request: EraseRequest): Promise<Rehearsal> {
  const { model, catalog, people } = request;
  const ruling = await rulingOf(session, request);
  await collectRows(session, compileCollect(model, catalog), model, catalog, people);
  await decideFates(session, ruling, people);
  const kept = await summariseKept(session, ruling);
  return { erasure: ruling.erasure, kept, ...(await countEffect(session, ruling)) };
}

/**
 * Erases, in the caller's READ COMMITTED transaction: locks, decides, changes, deletes. Its temporary tables still
 * tell afterwards what was kept.
 * @throws GdprError DRIFT, REFUSED, LOCKED; the caller's transaction is then rolled back
 */
export async function eraseRows(session: Session, request: EraseRequest, hasher: TokenHasher): Promise<Erased> {
  const { model, catalog, people } = request;
  const ruling = await rulingOf(session, request);
  let traits: readonly Traits[] = [];
  await collectLocked(session, compileCollect(model, catalog), model, catalog, people, {
    async look() {
      // Before rows are added to theirs: what somebody else is called in these is nothing that they were known by.
      traits = await readTraits(session, model, catalog, people);
      return decideFates(session, ruling, people);
    },
    again: () => forgetDecided(session, ruling),
  });
  const kept = await summariseKept(session, ruling);
  const keptBy = await keptByPerson(session, ruling, people.length);
  return { erasure: ruling.erasure, ruling, traits, kept, keptBy, ...(await executeErase(session, ruling, hasher)) };
}

async function rulingOf(session: Session, { model, catalog, at, more }: EraseRequest): Promise<Ruling> {
  // A merge join with the few rows of the set reads on behind the last of them until a row passes its filter: for one
  // customer of 100,000 it read 252,000 shipments, four times over.
  await session.run('SET LOCAL enable_mergejoin = off');
  const erasure = await prepareErasure(session, model, catalog);
  return { erasure, model, catalog, at, ...(more && { more: more(erasure) }) };
}
