import { hasherOf } from '../../customer/find-customer.js';
import { type RowName, rowName, rowsNamed } from '../../customer/resolve.js';
import { rowId } from '../../customer/roots.js';
import { addressHashers, suppress } from '../../customer/suppression/suppress.js';
import { isSuppressed, type Wanted } from '../../customer/suppression/suppressed.js';
import type { Session } from '../../database/session.js';
import type { Catalog } from '../../datamap/catalog.js';
import { GdprError } from '../../foundation/errors.js';
import { groupBy } from '../../foundation/group.js';
import { type Alias, referencesOf } from '../../identity/reference.js';
import type { Context } from '../../workspace/open.js';
import { appendEvents } from '../append.js';
import type { ConsentEvent } from '../event.js';
import { type StandingNow, standingKey, standingsOf } from '../standing.js';
import { proves, type Wording } from '../wording.js';
import type { ImportLine } from './line.js';
import { Tally } from './tally.js';
import { instantsOf } from './time.js';

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

  /** @param write false only looks for lines that are bad */
  async enter(lines: readonly ImportLine[], write: boolean): Promise<void> {
    const named = await this.#aliases(lines);
    const instants = await instantsOf(
      this.session,
      lines.map(({ at }) => at),
    );
    const good = lines.flatMap((line, i) => {
      const alias = named[i];
      const { at = '', future = false } = instants[i] ?? {};
      if (future) this.bad.add('at is yet to come', line.line);
      else if (alias !== undefined) return [{ line, alias, at }];
      return [];
    });
    if (!write || good.length === 0) return;
    const told = await this.#tell(good);
    const events = told.map(({ event }) => event);
    const fresh = await appendEvents(
      this.session,
      { operation: this.operation, operator: this.context.operator },
      events,
    );
    const entered = fresh.filter(Boolean).length;
    this.#entered += entered;
    this.#duplicates += fresh.length - entered;
    const standings = await standingsOf(
      this.session,
      events.map(({ subject }) => subject),
      this.context.model.map.marketing?.purpose ?? '',
    );
    const standing = ({ event }: Told) => standings.get(standingKey(event.subject, event.purpose, event.channel));
    await this.#suppressObjections(
      told.filter((each, i) => fresh[i] && each.event.what === 'objected' && standing(each)?.state === 'objected'),
    );
    await this.#judge(
      told.filter(({ event }) => event.what === 'given' || event.what === 'renewed'),
      standing,
    );
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

  async #tell(
    good: readonly { readonly line: ImportLine; readonly alias: Alias; readonly at: string }[],
  ): Promise<Told[]> {
    const people = groupBy(good, ({ alias }) => `${alias.kind}\n${alias.value}`);
    const subjects = await referencesOf(
      this.session,
      hasherOf(this.context.keys),
      [...people.values()].map((lines) => lines.slice(0, 1).map(({ alias }) => alias)),
    );
    const subjectOf = new Map([...people.keys()].map((person, i) => [person, subjects[i] ?? '']));
    return good.map(({ line, alias, at }) => {
      const { purpose, channel, what, mechanism, evidence, guardian } = line;
      const subject = subjectOf.get(`${alias.kind}\n${alias.value}`) ?? '';
      // A wording that nobody registered is no proof, and what it said is not known.
      const wording = line.wording !== null && this.known.wordings.has(line.wording) ? line.wording : null;
      return {
        line,
        event: { subject, purpose, channel, what, at, mechanism, wording, evidence, guardian, source: 'import' },
      };
    });
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

  async #judge(yeses: readonly Told[], standing: (told: Told) => StandingNow | undefined): Promise<void> {
    for (const told of yeses) {
      const { line, event } = told;
      if (standing(told)?.state === 'objected') this.objected.add('objected', line.line);
      const wording = this.known.wordings.get(event.wording ?? '');
      if (wording === undefined || !proves(wording, event)) this.unproven.add('unproven', line.line);
    }
    const hashers = addressHashers(this.context.keys);
    for (const [channel, group] of groupBy(yeses, ({ line }) => line.channel)) {
      const wanted = group.flatMap((told) =>
        told.line.addresses.map((address) => ({
          line: told.line.line,
          address: { ...address, liftedBy: standing(told)?.ownYes ?? undefined } satisfies Wanted,
        })),
      );
      const suppressed = await isSuppressed(
        this.session,
        hashers,
        wanted.map(({ address }) => address),
        channel,
      );
      const lines = new Set(wanted.flatMap(({ line }, i) => (suppressed[i] ? [line] : [])));
      for (const line of lines) this.suppressed.add('suppressed', line);
    }
  }
}
