import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { appendEvents } from '../../src/consent/append.js';
import { CHANNELS, type ConsentEvent, eventDigest, SAID } from '../../src/consent/event.js';
import { foldConsent } from '../../src/consent/fold.js';
import { foldSql, saidSql } from '../../src/consent/fold-sql.js';
import { readWordings, type Wording } from '../../src/consent/wording.js';
import type { Context } from '../../src/workspace/open.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

const SUBJECT = `subject:${'a'.repeat(26)}`;
const OPERATION = '20260101-aaaaaaaaaaaaaaaa';
const at = (minute: number) => `2026-01-01T00:${String(minute).padStart(2, '0')}:00.000000Z`;

/** Wordings that overlap in time, channel, purpose and kind; `double` waits for a confirmation. */
const WORDINGS: readonly Wording[] = [
  { id: 'early', kind: 'consent', channels: ['email'], doubleOptIn: false, shownFrom: at(0), shownUntil: at(5) },
  { id: 'double', kind: 'consent', channels: ['email', 'sms'], doubleOptIn: true, shownFrom: at(2), shownUntil: null },
  { id: 'notice', kind: 'soft-opt-in', channels: ['email'], doubleOptIn: false, shownFrom: at(0), shownUntil: null },
  { id: 'foreign', kind: 'consent', channels: ['email'], doubleOptIn: false, shownFrom: at(0), shownUntil: null },
].map((wording) => ({
  ...(wording as Pick<Wording, 'id' | 'kind' | 'channels' | 'doubleOptIn' | 'shownFrom' | 'shownUntil'>),
  purpose: wording.id === 'foreign' ? 'wishes' : 'marketing',
  language: 'lv',
  text: wording.id,
  sha256: '0'.repeat(64),
}));
const BY_ID = new Map(WORDINGS.map((wording) => [wording.id, wording]));

/** Few instants, so that many events fall on the same one. */
const event = (subject: string): fc.Arbitrary<ConsentEvent> =>
  fc.record({
    subject: fc.constant(subject),
    purpose: fc.constant('marketing'),
    channel: fc.constantFrom(...CHANNELS.slice(0, 2)),
    what: fc.constantFrom(...SAID),
    at: fc.integer({ min: 0, max: 8 }).map(at),
    mechanism: fc.constantFrom('paper' as const, 'phone' as const),
    wording: fc.constantFrom(null, ...WORDINGS.map(({ id }) => id)),
    evidence: fc.constant(null),
    guardian: fc.constant(null),
    source: fc.constantFrom('person' as const, 'import' as const, 'link' as const),
  });
const history = (subject: string) => fc.uniqueArray(event(subject), { maxLength: 9, selector: eventDigest });

const folded = (events: readonly ConsentEvent[], wordings: ReadonlyMap<string, Wording> = BY_ID) =>
  foldConsent(
    events.map((each) => ({ ...each, digest: eventDigest(each) })),
    wordings,
  );

it('folds to the same state in whatever order the events come in, and however often', () => {
  const seen = new Set<string>();
  const ofChannel = history(SUBJECT).map((events) => events.map((each) => ({ ...each, channel: 'email' as const })));
  fc.assert(
    fc.property(
      ofChannel.chain((events) =>
        fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })),
      ),
      ([events, shuffled]) => {
        seen.add(folded(events).state);
        expect(folded(shuffled)).toEqual(folded(events));
        // A late-imported old yes changes nothing after a no.
        const last = folded(events);
        if (last.state !== 'withdrawn' || last.by === null) return;
        const old = { ...events[0], what: 'given', at: at(0), source: 'import', wording: 'early' } as ConsentEvent;
        if (last.by.at > old.at) expect(folded([...events, old]).state).toBe('withdrawn');
      },
    ),
    { numRuns: 2000 },
  );
  expect([...seen].sort()).toEqual(['expired', 'given', 'none', 'objected', 'unconfirmed', 'unproven', 'withdrawn']);
});

it('lets nobody but the person take an objection back', () => {
  fc.assert(
    fc.property(history(SUBJECT), (events) => {
      const others = events.map((each) => ({ ...each, channel: 'email' as const, source: 'import' as const }));
      if (others.some(({ what }) => what === 'objected')) expect(folded(others).state).toBe('objected');
    }),
  );
});

let workspace: TestWorkspace;
let context: Context;
beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
}, 120_000);
afterAll(async () => {
  await context.database.close();
  await workspace.remove();
});

it('says the same in SQL of many people as in TypeScript of one', async () => {
  const people = Array.from(
    { length: 400 },
    (_, i) =>
      `subject:${i
        .toString(26)
        .replace(/./g, (c) => 'abcdefghijklmnopqrstuvwxyz'[Number.parseInt(c, 26)] ?? '')
        .padStart(26, '2')}`,
  );
  const histories = people.map((subject, i) => fc.sample(history(subject), { numRuns: 1, seed: i })[0] ?? []);
  const all =
    fc.sample(fc.shuffledSubarray(histories.flat(), { minLength: histories.flat().length }), {
      numRuns: 1,
      seed: 7,
    })[0] ?? [];
  expect(all.length).toBeGreaterThan(1000);
  await context.database.transaction('read committed', async (session) => {
    await session.run(
      `INSERT INTO gdpr.operation (id, action, state, operator, subjects) VALUES ('${OPERATION}', 'consent import', 'started', 'tester', '{}')`,
    );
    for (const { id, purpose, kind, channels, language, text, sha256, doubleOptIn, shownFrom, shownUntil } of WORDINGS)
      await session.run(
        `INSERT INTO gdpr.wording (id, purpose, kind, channels, language, text, sha256, double_opt_in, shown_from, shown_until, added_by, operation)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'tester', '${OPERATION}')`,
        [id, purpose, kind, channels, language, text, sha256, doubleOptIn, shownFrom, shownUntil],
      );
    const who = { operation: OPERATION, operator: 'tester' };
    expect((await appendEvents(session, who, all)).every(Boolean)).toBe(true);
    expect((await appendEvents(session, who, [...all].reverse())).some(Boolean)).toBe(false);
  });
  const { rows, wordings } = await context.database.transaction('repeatable read', async (session) => ({
    rows: await session.query<{ root: string; channel: string; state: string; digest: string }>(
      `SELECT f.root, f.channel, f.state, f.digest FROM (${foldSql(saidSql('$1::text'))}) f`,
      ['marketing'],
    ),
    wordings: await readWordings(session),
  }));
  const inSql = rows.map(({ root, channel, state, digest }) => `${root} ${channel} ${state} ${digest}`).sort();
  const inCode = histories
    .flatMap((events, i) =>
      CHANNELS.flatMap((channel) => {
        const { state, by } = folded(
          events.filter((each) => each.channel === channel),
          wordings,
        );
        return by === null ? [] : [`${people[i]} ${channel} ${state} ${by.digest}`];
      }),
    )
    .sort();
  expect(new Set(rows.map(({ state }) => state)).size).toBe(6);
  expect(inSql).toEqual(inCode);
});
