import type { ConsentedResult } from '../disclosure/consented.js';
import type { ProcessorResult } from '../disclosure/processor.js';
import { count } from './table.js';

/** What was given under an agreement. */
export function processorLines(given: ProcessorResult): string[] {
  const { restricted, erased } = given.left;
  return [
    `Given to    ${given.recipient}, agreement ${given.agreement}, for ${given.purpose}`,
    `List        ${given.list}`,
    `Holds       ${count(given.rows, 'row')} about ${count(given.people, 'person', 'people')}: ${given.columns.join(', ')}`,
    `SHA-256     ${given.sha256}${given.encrypted === undefined ? '' : ' (of the list inside)'}`,
    ...(restricted === 0 ? [] : [`Left out    ${count(restricted, 'row')} of people whose data is restricted`]),
    ...(erased === 0 ? [] : [`Left out    ${count(erased, 'row')} of erased people`]),
    ...endLines(given),
  ];
}

/** What was given on a consent. */
export function consentedLines(given: ConsentedResult): string[] {
  return [
    `Person      ${given.subject}`,
    `Given to    ${given.party}, for ${given.purpose}, as consented to at ${given.consented}`,
    `Categories  ${given.categories.join(', ')}`,
    ...given.produced.map(
      ({ table, rows }, i) => `${i === 0 ? 'Holds       ' : '            '}${count(rows, 'row')} of ${table}`,
    ),
    `SHA-256     ${given.sha256}`,
    ...endLines(given),
  ];
}

function endLines({ disclosure, archive, audit, operation }: ProcessorResult | ConsentedResult): string[] {
  return [
    `Register    ${disclosure}`,
    `Archive     ${archive}`,
    `Audit       entry ${audit.sequence}, operation ${operation}`,
    `Once it is handed over: gdpr disclosure handover ${disclosure} --to … --how …`,
  ];
}
