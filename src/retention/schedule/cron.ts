import type { ClockTime } from './clock-time.js';
import { exitComments } from './exits.js';
import type { Installation } from './installation.js';

/**
 * Lines for `crontab -e` (crontab(5)). Cron runs them with `sh -c` in an almost empty environment.
 * @param zones the zone whose days count, and the one of this machine, by which cron goes
 */
export function crontab(
  installation: Installation,
  at: ClockTime,
  zones: { readonly map: string; readonly system: string },
): string {
  const { user, workspace, operator, node, program, args, variables, passphrase, environmentFile } = installation;
  const named = [...variables.map(({ name }) => name), ...(passphrase ? ['GDPR_KEY_PASSPHRASE'] : [])];
  const load = named.length === 0 ? '' : `set -a && . ${shellWord(environmentFile)} && `;
  const words = [node, program, ...args].map(shellWord).join(' ');
  const command = `cd ${shellWord(workspace)} && ${load}GDPR_OPERATOR=${shellWord(operator)} exec ${words}`;
  const zoned =
    zones.map === zones.system
      ? []
      : [
          `# This machine's clock is set to ${zones.system}. Cronie heeds CRON_TZ; Debian's cron does not: write the time of ${zones.system} there.`,
          `CRON_TZ=${zones.map}`,
        ];
  return `${[
    `# crontab -e (user ${user})`,
    ...(named.length === 0 ? [] : [`# ${environmentFile} (chmod 400, owned by ${user}) sets: ${named.join(', ')}`]),
    ...exitComments(),
    ...zoned,
    // A bare % would end the command, what follows being its standard input.
    `${at.minute} ${at.hour} * * * ${command.replaceAll('%', '\\%')}`,
  ].join('\n')}\n`;
}

/** A word of a POSIX shell's command line. */
function shellWord(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
