import { GdprError } from './errors.js';

/** Called between two pieces of work. @throws GdprError INTERRUPTED once the operator has asked to stop */
export function assertGoingOn(signal: AbortSignal): void {
  if (signal.aborted) throw new GdprError('INTERRUPTED', 'stopped as asked; nothing was left half done');
}
