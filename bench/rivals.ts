import { join } from 'node:path';

/** Path of a rival's SQL. */
export function rival(name: string): string {
  return join(import.meta.dirname, 'rivals', name);
}
