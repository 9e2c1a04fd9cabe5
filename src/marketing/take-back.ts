import { appendEvents } from '../consent/append.js';
import { CHANNELS, type ConsentEvent } from '../consent/event.js';
import type { BadLine } from '../consent/import/line.js';
import { instantsOf } from '../consent/import/time.js';
import { type StandingNow, standingKey, standingsOf } from '../consent/standing.js';
import { hasherOf } from '../customer/find-customer.js';
import {
  addressHasher,
  type SuppressedCode,
  type Suppression,
  suppressCodes,
} from '../customer/suppression/suppress.js';
import type { Session } from '../database/session.js';
import { now } from '../foundation/clock.js';
import { groupBy } from '../foundation/group.js';
import { type Alias, referencesOf } from '../identity/reference.js';
import type { Context } from '../workspace/open.js';
import { addressKind, recipientAliases } from './recipients.js';
import type { ReturnedKind, ReturnedLine } from './returned.js';

/** What a line means for the ledger and for the address. */
interface Taken {
  readonly line: number;
  readonly events: readonly ConsentEvent[];
  /** Whether the file gave the time, by which the same line is known again. */
  readonly timed: boolean;
  readonly suppression: Pick<Suppression, 'source' | 'channel'>;
  readonly code: Omit<SuppressedCode, 'subject'>;
  readonly subject: string | null;
}

/** Takes lines back batch by batch, in some fifteen statements a batch whatever its length, in the caller's transaction. */
export class TakingBack {
  taken = 0;
  known = 0;
  /** One instant for every line without a time, so that a line that stands there twice is one event. */
  readonly #now = `${now().toISOString().slice(0, -1)}000Z`;

  constructor(
    private readonly context: Context,
    private readonly session: Session,
    private readonly operation: string,
    private readonly kind: ReturnedKind,
    private readonly purpose: string,
  ) {}

  /** @returns lines whose time is yet to come */
  async take(lines: readonly ReturnedLine[]): Promise<BadLine[]> {
    if (lines.length === 0) return [];
    const timed = lines.filter(({ at }) => at !== undefined);
    const instants = await instantsOf(
      this.session,
      timed.map(({ at = '' }) => at),
    );
    const when = new Map(timed.map(({ line }, i) => [line, instants[i]]));
    const past = lines.filter(({ line }) => when.get(line)?.future !== true);
    const read = await this.#read(past, (line) => when.get(line)?.at);
    const standings = await standingsOf(
      this.session,
      read.flatMap(({ subject }) => subject ?? []),
      this.purpose,
    );
    const news = read.map((each) => ({
      ...each,
      events: each.timed ? each.events : each.events.filter((event) => !isKnown(event, standings)),
    }));
    const events = news.flatMap(({ events: own }) => own);
    const who = { operation: this.operation, operator: this.context.operator };
    const added = events.length === 0 ? [] : await appendEvents(this.session, who, events);
    const fresh = new Set(events.filter((_, i) => added[i]));
    // A person may have several addresses, and each is stopped by itself.
    const stopped = await this.#stoppedCodes(news);
    const changed = news.filter(({ code, suppression, events: own }) => {
      const stop = stopOf(code, suppression);
      const isNew = !stopped.has(stop);
      stopped.add(stop);
      return isNew || own.some((event) => fresh.has(event));
    });
    this.taken += changed.length;
    this.known += news.length - changed.length;
    for (const [, group] of groupBy(changed, ({ suppression }) => suppression.channel)) {
      const [first] = group;
      if (first === undefined) continue;
      const codes = group.map(({ code, subject }) => ({ ...code, subject }));
      await suppressCodes(this.session, { operation: this.operation, ...first.suppression }, codes);
    }
    return lines.flatMap(({ line }) => (when.get(line)?.future === true ? [{ line, fault: 'at is yet to come' }] : []));
  }

  async #read(lines: readonly ReturnedLine[], instant: (line: number) => string | undefined): Promise<Taken[]> {
    const tokens = lines.flatMap(({ of }) => (typeof of === 'string' ? [] : [of]));
    const ofTokens = await recipientAliases(this.session, this.context, tokens);
    let next = 0;
    const aliases = lines.map(({ of }) => {
      if (typeof of === 'string') return { kind: 'email', value: of };
      next += 1;
      return ofTokens[next - 1];
    });
    const people = groupBy(
      aliases.filter((alias): alias is Alias => alias !== undefined),
      ({ kind, value }) => `${kind}\n${value}`,
    );
    const subjects = await referencesOf(
      this.session,
      hasherOf(this.context.keys),
      [...people.values()].map((same) => same.slice(0, 1)),
    );
    const known = new Map([...people.keys()].map((person, i) => [person, subjects[i] ?? '']));
    return lines.map((line, i) => {
      const alias = aliases[i];
      const subject = alias === undefined ? null : (known.get(`${alias.kind}\n${alias.value}`) ?? null);
      return {
        line: line.line,
        subject,
        timed: line.at !== undefined,
        ...this.#meaning(line, subject, instant(line.line)),
      };
    });
  }

  /** What of these addresses is suppressed already, for the same reason and channel. */
  async #stoppedCodes(taken: readonly Taken[]): Promise<Set<string>> {
    if (taken.length === 0) return new Set();
    const rows = await this.session.query<{ hmac: string; source: string; channel: string }>(
      'SELECT DISTINCT hmac, source, channel FROM gdpr.suppression WHERE hmac = ANY ($1::text[])',
      [taken.map(({ code }) => code.hmac)],
    );
    return new Set(rows.map((row) => stopOf(row, row)));
  }

  #meaning(
    { of }: ReturnedLine,
    subject: string | null,
    at = this.#now,
  ): Pick<Taken, 'events' | 'suppression' | 'code'> {
    const base = { at, wording: null, guardian: null, source: 'link' } as const;
    const mine = (event: Omit<ConsentEvent, 'subject' | keyof typeof base>): ConsentEvent[] =>
      subject === null ? [] : [{ subject, ...base, ...event }];
    if (typeof of !== 'string') {
      const { channel, purpose, list, address } = of;
      const evidence = `list ${list}`;
      return {
        events: mine({ purpose, channel, what: 'withdrawn', mechanism: 'unsubscribe-link', evidence }),
        suppression: { source: 'unsubscribe', channel },
        code: { kind: addressKind(channel), ...address },
      };
    }
    const { version, hmac } = addressHasher(this.context.keys);
    const code = { kind: 'email', version, hmac: hmac({ kind: 'email', value: of }) } as const;
    const { purpose } = this;
    if (this.kind === 'bounces') {
      const events = mine({ purpose, channel: 'email', what: 'expired', mechanism: 'bounce', evidence: null });
      return { events, suppression: { source: 'bounce', channel: 'email' }, code };
    }
    const events = CHANNELS.flatMap((channel) =>
      mine({ purpose, channel, what: 'objected', mechanism: 'complaint', evidence: null }),
    );
    return { events, suppression: { source: 'complaint', channel: 'all' }, code };
  }
}

/** One text for an address that is stopped, the reason and the channel. */
function stopOf(
  { hmac }: { readonly hmac: string },
  by: { readonly source: string; readonly channel: string },
): string {
  return `${hmac} ${by.source} ${by.channel}`;
}

/**
 * Whether a line without a time says what is known: the same came in before, and nobody said yes since. After a later
 * yes it may be an old file or a new wish, and a message too few does no harm.
 */
function isKnown(event: ConsentEvent, standings: ReadonlyMap<string, StandingNow>): boolean {
  const standing = standings.get(standingKey(event.subject, event.purpose, event.channel));
  const stopped = standing?.state === 'withdrawn' || standing?.state === 'objected' || standing?.state === 'expired';
  const link = event.evidence === null ? event.mechanism : `${event.mechanism} ${event.evidence}`;
  return standing !== undefined && stopped && standing.links.has(link);
}
