import { GdprError } from './errors.js';

/**
 * Called between two pieces of work.
 * @param left how things stand then, for the operator
 * @throws GdprError INTERRUPTED once the operator has asked to stop
 */
export function assertGoingOn(signal: AbortSignal, left = 'nothing was left half done'): void {
  if (signal.aborted)
    throw new GdprError('INTERRUPTED', `stopped as asked; ${left}`, { hint: 'run the command again' });
}
