import { runOperation } from '../../operation/operation.js';
import { todayIn } from '../../request/day.js';
import { type Settled, settle } from '../../request/settle.js';
import type { Context } from '../../workspace/open.js';
import { type HoldView, readHolds } from './hold.js';

/** Which holds are wanted. */
export interface HoldFilter {
  /** Those that ended, too. */
  readonly all: boolean;
  /** Only those that are not released and end within so many days, or have ended. */
  readonly within?: number | undefined;
  /** Those that may not be told of, too; that they were looked at is logged. */
  readonly gagged: boolean;
}

/** Holds in the order of their ends; those that may not be told of are left out without a word, unless asked for. */
export async function listHolds(
  context: Context,
  { all, within, gagged }: HoldFilter,
): Promise<Settled<{ readonly holds: readonly HoldView[] }>> {
  const today = todayIn(context.model.map.timeZone);
  return runOperation(context, { action: 'hold list', subjects: [] }, (operation) =>
    settle(context, operation, async (session) => {
      const holds = (await readHolds(session, today))
        .filter((hold) => gagged || !hold.gagged)
        .filter(({ state, daysLeft }) =>
          within === undefined ? all || state === 'active' : daysLeft !== null && daysLeft <= within,
        );
      const revealed = holds.filter((hold) => hold.gagged).length;
      return {
        result: { holds },
        traces: { counts: { holds: holds.length, ...(gagged && { gagged: revealed }) } },
      };
    }),
  );
}
