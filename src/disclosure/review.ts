import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { gate } from '../customer/requester.js';
import { listTexts } from '../customer/review/list.js';
import { type Review, readReview } from '../customer/review/read.js';
import type { WrittenReview } from '../customer/review/review.js';
import { entryOf, headOf } from '../customer/review/write.js';
import type { Session } from '../database/session.js';
import { NewFile } from '../delivery/new-file.js';
import { digestOf } from '../foundation/canonical-json.js';
import { GdprError } from '../foundation/errors.js';
import { endOperation, runOperation } from '../operation/operation.js';
import type { Context } from '../workspace/open.js';
import type { DisclosureOrder } from './order.js';
import type { openRequest } from './prepare.js';
import { openScope } from './records.js';

type Opened = Awaited<ReturnType<typeof openRequest>>;

/** What a review is bound to: the person, the scope and the map. @throws GdprError REFUSED for several people */
function boundTo({ model }: Context, { order, disclosed }: Opened): { readonly person: string; readonly plan: string } {
  const [first, ...others] = disclosed.people;
  if (first === undefined || others.length > 0) {
    throw new GdprError('REFUSED', 'free texts are reviewed for one person at a time', {
      hint: 'give the orders of each person apart',
    });
  }
  const { categories, from, to, thirdParties }: DisclosureOrder = order;
  const orders = disclosed.orders?.map(({ table, key }) => [table, ...key]) ?? null;
  return {
    person: first.subject,
    plan: digestOf({ map: model.digest, categories: [...categories], from, to, thirdParties, orders }),
  };
}

/**
 * The decisions on the free texts in the scope; undefined when there is no such file. A refusal is logged.
 * @throws GdprError as `readReview`; REFUSED for several people
 */
export async function reviewOf(context: Context, opened: Opened, path: string): Promise<Review | undefined> {
  const intent = { ...opened.intent, action: 'disclose review' };
  return gate(context, intent, async () => readReview(path, boundTo(context, opened)));
}

/**
 * Writes the free texts in the scope into a new file (0600), to be decided on. Nothing is given.
 * @throws GdprError ALREADY_EXISTS, FILE_UNAVAILABLE, DRIFT, INTERRUPTED
 */
export async function writeDisclosureReview(context: Context, opened: Opened, path: string): Promise<WrittenReview> {
  const bound = boundTo(context, opened);
  return runOperation(context, { ...opened.intent, action: 'disclose review' }, async (operation) => {
    const file = await NewFile.create(path);
    try {
      const counts = { texts: 0, undecided: 0 };
      await context.database.transaction('repeatable read', (session) =>
        file.fill(texts(session, context, opened, bound, counts)),
      );
      const sequence = await endOperation(context, operation, { result: 'done', counts });
      await file.publish();
      return {
        operation: operation.id,
        review: resolve(path),
        subject: bound.person,
        planDigest: bound.plan,
        ...counts,
        audit: { sequence },
      };
    } catch (error) {
      await file.discard();
      throw error;
    }
  });
}

async function* texts(
  session: Session,
  context: Context,
  { order, disclosed }: Opened,
  bound: ReturnType<typeof boundTo>,
  counts: { texts: number; undecided: number },
): AsyncGenerator<Buffer> {
  const { model, surroundings } = context;
  const scope = await openScope(session, context, order, disclosed);
  yield Buffer.from(headOf({ ...bound, read: scope.at, salt: randomBytes(16).toString('hex') }));
  const reads = scope.tables.map(({ read }) => read).filter(({ columns }) => columns.length > 0);
  const listed = listTexts(session, {
    model,
    traits: scope.traits[0] ?? new Map(),
    reads,
    signal: surroundings.signal,
  });
  for await (const text of listed) {
    counts.texts += 1;
    if (text.spans.length > 0 || !text.described) counts.undecided += 1;
    const { entry, columns } = model.table(text.table);
    const column = columns.find(({ name }) => name === text.column)?.entry.title.en ?? text.column;
    yield Buffer.from(entryOf(counts.texts, text, `${entry.title.en}: ${column}`));
  }
}
