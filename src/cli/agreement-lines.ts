import type { AgreementView } from '../disclosure/agreement.js';

/** An agreement in a few lines. */
export function agreementLines(agreement: AgreementView): string[] {
  const { from, until, ended, columns, subprocessors, safeguard, disagreements } = agreement;
  return [
    `Agreement   ${agreement.agreement}, ${agreement.state}`,
    `With        ${agreement.name} (${agreement.recipient}), ${agreement.role}, ${agreement.country}`,
    `Days        ${from} to ${until ?? 'no end'}${ended === null ? '' : `, ended on ${ended}`}`,
    `Purposes    ${agreement.purposes.join(', ')}`,
    `Categories  ${agreement.categories.join(', ')}`,
    ...(columns === null ? [] : [`Columns     ${columns.join(', ')}`]),
    ...(safeguard === null ? [] : [`Safeguard   ${safeguard}`]),
    ...subprocessors.map((name, i) => `${i === 0 ? 'Passes to   ' : '            '}${name}`),
    `SHA-256     ${agreement.sha256}`,
    ...disagreements.map((each) => `DIFFERS     ${each}`),
  ];
}
