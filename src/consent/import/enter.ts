import { hasherOf } from '../../customer/find-customer.js';
import { type RowName, rowName, rowsNamed } from '../../customer/resolve.js';
import { rowId } from '../../customer/roots.js';
import { addressHashers, suppress } from '../../customer/suppression/suppress.js';
import { type AddressCode, assertComparable, codesOf, suppressedAmong } from '../../customer/suppression/suppressed.js';
import type { Session } from '../../database/session.js';
import type { Catalog } from '../../datamap/catalog.js';
import { GdprError } from '../../foundation/errors.js';
import { groupBy } from '../../foundation/group.js';
import {
  type Alias,
  type HashedAlias,
  hashAliases,
  lockReferences,
  type Met,
  meetPeople,
} from '../../identity/reference.js';
import type { Context } from '../../workspace/open.js';
import { appendEvents } from '../append.js';
import { type ConsentEvent, eventDigest } from '../event.js';
import { everObjected, type StandingNow, standingKey, standingsOf } from '../standing.js';
import { proves, type Wording } from '../wording.js';
import type { ImportLine } from './line.js';
import { Tally } from './tally.js';
import { instantsOf } from './time.js';

/** Lines that were read, and what is made of them without the database, while that is busy with others. */
export interface Batch {
  readonly lines: readonly ImportLine[];
  /** Who is named by an address, by kind and value. */
  readonly hashed: ReadonlyMap<string, HashedAlias>;
  /** The codes of a yes' addresses under which they may be suppressed. */
  readonly codes: ReadonlyMap<ImportLine, readonly AddressCode[]>;
}

type Standings = ReadonlyMap<string, StandingNow>;

/** A line with the person and the instant. */
interface Told {
  readonly line: ImportLine;
  readonly event: ConsentEvent;
}

/**
 * Enters lines of a file into the ledger, batch by batch, in some fifteen statements a batch whatever its length; in
 * the caller's transaction. Says of each line what became of it.
 */
export class Entering {
  /** Lines that say nothing that could be entered, by reason. */
  readonly bad = new Tally();
  /** Lines with a yes of whose address is suppressed: it lifts nothing. */
  readonly suppressed = new Tally();
  /** Lines with a yes of who objects: it lifts nothing either. */
  readonly objected = new Tally();
  /** Lines with a yes to no wording that was shown then on that channel: it proves nothing. */
  readonly unproven = new Tally();
  #entered = 0;
  #duplicates = 0;
  /** Whether the keys of all suppressed addresses are known to be here. */
  #comparable = false;
  #locked = false;

  constructor(
    private readonly context: Context,
    private readonly session: Session,
    private readonly operation: string,
    private readonly known: { readonly catalog: Catalog; readonly wordings: ReadonlyMap<string, Wording> },
  ) {}

  get entered(): number {
    return this.#entered;
  }

  /** Events that were in the ledger or stood on an earlier line. */
  get duplicates(): number {
    return this.#duplicates;
  }

  /** What can be done before the lines before these are entered. */
  prepare(lines: readonly ImportLine[]): Batch {
    const hasher = hasherOf(this.context.keys);
    const hashers = addressHashers(this.context.keys);
    const hashed = new Map<string, HashedAlias>();
    const codes = new Map<ImportLine, readonly AddressCode[]>();
    for (const line of lines) {
      const { naming, addresses } = line;
      if (addresses.length > 0 && isYes(line)) {
        codes.set(
          line,
          addresses.flatMap((address) => codesOf(hashers, address)),
        );
      }
      const key = aliasKey(naming);
      if (naming.kind === 'id' || hashed.has(key)) continue;
      const [alias] = hashAliases([naming], hasher);
      if (alias !== undefined) hashed.set(key, alias);
    }
    return { lines, hashed, codes };
  }

  /** @param write false only looks for lines that are bad */
  async enter(batch: Batch, write: boolean): Promise<void> {
    const { lines } = batch;
    const named = await this.#aliases(lines);
    const instants = await instantsOf(
      this.session,
      lines.map(({ at }) => at),
    );
    const good = lines.flatMap((line, i): Good[] => {
      const alias = named[i];
      const { at = '', future = false } = instants[i] ?? {};
      if (future) this.bad.add('at is yet to come', line.line);
      else if (alias !== undefined) return [{ line, alias, at }];
      return [];
    });
    if (!write || good.length === 0) return;
    const { told, digests, made } = await this.#tell(good, batch.hashed);
    const fresh = await appendEvents(
      this.session,
      { operation: this.operation, operator: this.context.operator },
      told.map(({ event }) => event),
      digests,
    );
    const entered = fresh.filter(Boolean).length;
    this.#entered += entered;
    this.#duplicates += fresh.length - entered;
    const standings = await this.#objectors(told, made);
    const isObjected = ({ event }: Told) => standings.get(keyOf(event))?.state === 'objected';
    await this.#suppressObjections(
      told.filter((each, i) => fresh[i] && each.event.what === 'objected' && isObjected(each)),
    );
    const yeses = told.filter(({ line }) => isYes(line));
    for (const yes of yeses) {
      if (isObjected(yes)) this.objected.add('objected', yes.line.line);
      const wording = this.known.wordings.get(yes.event.wording ?? '');
      if (wording === undefined || !proves(wording, yes.event)) this.unproven.add('unproven', yes.line.line);
    }
    for (const line of await this.#suppressedOf(yeses, batch.codes)) this.suppressed.add('suppressed', line);
  }

  /** Where those stand who ever objected: they alone can be found objecting. Who is new has said what stands here only. */
  async #objectors(told: readonly Told[], made: Met['made']): Promise<Standings> {
    const now = told.flatMap(({ event }) => (event.what === 'objected' ? [event.subject] : []));
    const before = await everObjected(
      this.session,
      told.flatMap(({ event }) => (made.has(event.subject) ? [] : [event.subject])),
    );
    return this.#standings([...now, ...before]);
  }

  #standings(subjects: readonly string[]): Promise<Standings> {
    return standingsOf(this.session, subjects, this.context.model.map.marketing?.purpose ?? '');
  }

  /** By what each line's person is met; undefined, and the line bad, where it names a row that is not there. */
  async #aliases(lines: readonly ImportLine[]): Promise<(Alias | undefined)[]> {
    const { model } = this.context;
    const rows: { readonly i: number; readonly name: RowName }[] = [];
    const aliases = lines.map(({ naming, line }, i): Alias | undefined => {
      if (naming.kind !== 'id') return naming;
      try {
        rows.push({ i, name: rowName(model, this.known.catalog, naming.value, 'id') });
      } catch (error) {
        if (!(error instanceof GdprError)) throw error;
        this.bad.add(error.message, line);
      }
      return undefined;
    });
    const hits = await rowsNamed(
      this.session,
      this.known.catalog,
      rows.map(({ name }) => name),
    );
    rows.forEach(({ i, name: { table, key } }, n) => {
      if ((hits[n] ?? []).length > 0) aliases[i] = { kind: 'row', value: rowId({ table: table.name, key }) };
      else this.bad.add('id names a row that is not there', lines[i]?.line ?? 0);
    });
    return aliases;
  }

  /** Meets the people of the lines; `made` are those whom nobody had met. */
  async #tell(
    good: readonly Good[],
    hashed: Batch['hashed'],
  ): Promise<{ readonly told: readonly Told[]; readonly digests: readonly string[]; readonly made: Met['made'] }> {
    const hasher = hasherOf(this.context.keys);
    const people = new Map<string, readonly HashedAlias[]>();
    for (const { alias } of good) {
      const key = aliasKey(alias);
      if (people.has(key)) continue;
      const known = hashed.get(key);
      people.set(key, known === undefined ? hashAliases([alias], hasher) : [known]);
    }
    // Before the first of them, and held until the import ends.
    if (!this.#locked) await lockReferences(this.session);
    this.#locked = true;
    const { references, made, note } = await meetPeople(this.session, hasher.version, [...people.values()]);
    const events = async () => {
      const subjectOf = new Map([...people.keys()].map((person, i) => [person, references[i] ?? '']));
      const told = good.map(({ line, alias, at }): Told => {
        const { purpose, channel, what, mechanism, evidence, guardian } = line;
        const subject = subjectOf.get(aliasKey(alias)) ?? '';
        // A wording that nobody registered is no proof, and what it said is not known.
        const wording = line.wording !== null && this.known.wordings.has(line.wording) ? line.wording : null;
        return {
          line,
          event: { subject, purpose, channel, what, at, mechanism, wording, evidence, guardian, source: 'import' },
        };
      });
      return { told, digests: told.map(({ event }) => eventDigest(event)), made };
    };
    // The database writes meanwhile.
    const [, told] = await Promise.all([note(), events()]);
    return told;
  }

  /** An objection that is in force is met by the address, too, when that comes back under another row. */
  async #suppressObjections(told: readonly Told[]): Promise<void> {
    const addresses = told.flatMap(({ line, event }) =>
      line.addresses.map((address) => ({ ...address, subject: event.subject })),
    );
    if (addresses.length === 0) return;
    const why = { operation: this.operation, source: 'objection', channel: 'all' } as const;
    await suppress(this.session, this.context.keys, why, addresses);
  }

  /** The lines of a yes whose address is suppressed, and not lifted by a later word of the person's own. */
  async #suppressedOf(yeses: readonly Told[], codes: Batch['codes']): Promise<readonly number[]> {
    if (yeses.length > 0 && !this.#comparable) {
      await assertComparable(this.session, addressHashers(this.context.keys));
      this.#comparable = true;
    }
    const lines: number[] = [];
    for (const [channel, group] of groupBy(yeses, ({ line }) => line.channel)) {
      const suppressed = async (some: readonly Told[], liftedBy: (told: Told) => string | undefined) => {
        const wanted: { code: AddressCode; i: number; liftedBy: string | undefined }[] = [];
        some.forEach((told, i) => {
          for (const code of codes.get(told.line) ?? []) wanted.push({ code, i, liftedBy: liftedBy(told) });
        });
        const found = await suppressedAmong(this.session, wanted, channel);
        return some.filter((_, i) => found.has(i));
      };
      const some = await suppressed(group, () => undefined);
      const standings = await this.#standings(some.map(({ event }) => event.subject));
      const still = await suppressed(some, ({ event }) => standings.get(keyOf(event))?.ownYes ?? undefined);
      lines.push(...still.map(({ line }) => line.line));
    }
    return lines;
  }
}

/** A line whose person and instant are known. */
interface Good {
  readonly line: ImportLine;
  readonly alias: Alias;
  readonly at: string;
}

function aliasKey({ kind, value }: Alias): string {
  return `${kind}\n${value}`;
}

function keyOf({ subject, purpose, channel }: ConsentEvent): string {
  return standingKey(subject, purpose, channel);
}

function isYes({ what }: ImportLine): boolean {
  return what === 'given' || what === 'renewed';
}
