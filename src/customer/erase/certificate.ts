import { letter } from '../../documents/letters/letter.js';
import { now } from '../../foundation/clock.js';
import { archiveOutcome } from '../../operation/archived.js';
import { type Intent, runOperation } from '../../operation/operation.js';
import type { Context } from '../../workspace/open.js';
import type { TableCount } from './execute.js';
import type { KeptSummary } from './kept-rows.js';
import { type KeptLetter, keptLetters } from './letter.js';
import type { ErasureProof } from './prove.js';
import type { Unreadable } from './values.js';

/** One of the people who were erased, what was asked, and what is kept of them. */
export interface CertifiedPerson extends KeptLetter {
  readonly subject: string;
  /** How the person's identity was checked. */
  readonly verified?: string | undefined;
}

/** What is known of a committed erasure once it is proved. */
export interface Certified {
  /** The operation that erased. */
  readonly operation: string;
  readonly intent: Intent;
  readonly people: readonly CertifiedPerson[];
  readonly tables: readonly TableCount[];
  readonly kept: readonly KeptSummary[];
  readonly unreadable: readonly Unreadable[];
  readonly residue: ErasureProof;
}

const ACTION = 'customer erase certificate';

/**
 * Signs what was erased, what is kept and what the proof found, as an archive of its own operation: counts, names of
 * tables, columns and rules, and each person's letter about what is kept; nothing that was erased.
 * @throws GdprError as `archiveOutcome`
 */
export async function certifyErasure(
  context: Context,
  certified: Certified,
): Promise<{ readonly path: string; readonly sha256: string; readonly operation: string }> {
  const { intent: erasing, operation: erasure, people, residue } = certified;
  const { counts: _, ...intent } = erasing;
  return runOperation(
    context,
    { ...intent, action: ACTION },
    async (operation) => {
      await context.database.transaction('read committed', (session) =>
        session.run('SELECT gdpr.certify_tombstones($1, $2)', [erasure, operation.id]),
      );
      const { path, sha256 } = await archiveOutcome(context, operation, nameOf(operation.id), async (archive) => {
        await archive.add('certificate.json', 'application/json', [
          `${JSON.stringify(certificateOf(context, certified), undefined, 2)}\n`,
        ]);
        const letterTo = await keptLetters(context, erasure, people);
        for (const person of people) {
          const name = people.length === 1 ? 'letter.html' : letterName(person.subject);
          await archive.add(name, 'text/html', [letter('erasure', letterTo(person))]);
        }
        return { written: undefined, outcome: { counts: { residue: residue.hits.length } } };
      });
      return { path, sha256, operation: operation.id };
    },
    nameOf,
  );
}

function nameOf(operation: string): string {
  return `erasure-${operation}.asice`;
}

/** Where the certificate of several people holds the letter to one of them. */
export function letterName(subject: string): string {
  return `letters/${subject.replace(/^subject:/, '')}.html`;
}

function certificateOf({ model }: Context, certified: Certified) {
  const { operation, intent, people, tables, kept, unreadable, residue } = certified;
  return {
    format: 'privatums erasure certificate',
    version: 1,
    operation,
    ground: intent.ground,
    subjects: intent.subjects,
    ...(intent.request !== undefined && { request: intent.request }),
    provedAt: now().toISOString(),
    controller: model.map.controller.name,
    mapDigest: model.digest,
    planDigest: intent.planDigest,
    tables: tables.filter(({ deleted, changed, kept: held }) => deleted + changed + held > 0),
    kept,
    ...(people.length > 1 && { people: people.map(personOf) }),
    unreadable,
    residue,
  };
}

function personOf({ subject, request, verified, kept }: CertifiedPerson) {
  return {
    subject,
    ...(request !== undefined && { request }),
    ...(verified !== undefined && { verified }),
    letter: letterName(subject),
    kept,
  };
}
