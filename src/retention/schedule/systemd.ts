import { type ClockTime, clockText } from './clock-time.js';
import { exitComments, FINAL_EXITS } from './exits.js';
import type { Installation } from './installation.js';

export const UNIT = 'gdpr-retention';
const PASSPHRASE_FILE = '/etc/gdpr/key-passphrase';
/** A run that was told to stop ends its batch and its archive first. */
const MARGIN_SECONDS = 1800;

/** The service (systemd.service(5), systemd.exec(5)): one run, without any right that it does not need. */
export function systemdService(installation: Installation, maxDurationSeconds: number): string {
  const { workspace, user, operator, node, program, args, variables, passphrase, writes, usesTmp, environmentFile } =
    installation;
  const names = variables.map(({ name }) => name).join(', ');
  return `${[
    `# /etc/systemd/system/${UNIT}.service`,
    ...exitComments(),
    '[Unit]',
    `Description=Expired personal data goes, by the rules of ${specifiers(workspace)}`,
    'Wants=network-online.target',
    'After=network-online.target postgresql.service',
    '# After exit code 7 it is tried again, twice at most; the other codes wait for a person.',
    'StartLimitIntervalSec=12h',
    'StartLimitBurst=3',
    '',
    '[Service]',
    'Type=oneshot',
    `User=${user}`,
    `WorkingDirectory=${specifiers(workspace)}`,
    `Environment=${quoted(`GDPR_OPERATOR=${operator}`)}`,
    ...(names === ''
      ? []
      : [`# Sets ${names}; chmod 400, owned by root.`, `EnvironmentFile=${specifiers(environmentFile)}`]),
    ...(passphrase
      ? [
          `# Holds the passphrase of the keys; chmod 400, owned by root.`,
          `LoadCredential=gdpr-key-passphrase:${PASSPHRASE_FILE}`,
        ]
      : []),
    `ExecStart=${[node, program, ...args].map(argument).join(' ')}`,
    'Restart=on-failure',
    `RestartPreventExitStatus=${FINAL_EXITS.join(' ')}`,
    'RestartSec=15min',
    `TimeoutStartSec=${maxDurationSeconds + MARGIN_SECONDS}`,
    'TimeoutStopSec=5min',
    'KillMode=mixed',
    'Nice=10',
    'IOSchedulingClass=idle',
    'UMask=0077',
    ...writes.map((path) => `ReadWritePaths=${quoted(path)}`),
    'ProtectSystem=strict',
    'ProtectHome=read-only',
    ...(usesTmp
      ? ['# No PrivateTmp: something of this installation is in /tmp.', 'ReadWritePaths=/tmp']
      : ['PrivateTmp=yes']),
    'PrivateDevices=yes',
    'ProtectClock=yes',
    'ProtectControlGroups=yes',
    'ProtectHostname=yes',
    'ProtectKernelLogs=yes',
    'ProtectKernelModules=yes',
    'ProtectKernelTunables=yes',
    'ProtectProc=invisible',
    'NoNewPrivileges=yes',
    'CapabilityBoundingSet=',
    'LockPersonality=yes',
    'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6',
    'RestrictNamespaces=yes',
    'RestrictRealtime=yes',
    'RestrictSUIDSGID=yes',
    'RemoveIPC=yes',
    'SystemCallArchitectures=native',
    'SystemCallFilter=@system-service',
    'SystemCallErrorNumber=EPERM',
    '# No MemoryDenyWriteExecute: Node.js compiles while it runs.',
  ].join('\n')}\n`;
}

/** The timer (systemd.timer(5)); a night that the machine slept through is caught up. */
export function systemdTimer(at: ClockTime, timeZone: string): string {
  return `# /etc/systemd/system/${UNIT}.timer
[Unit]
Description=Every night: expired personal data goes

[Timer]
OnCalendar=*-*-* ${clockText(at)}:00 ${timeZone}
Persistent=true
RandomizedDelaySec=5min
AccuracySec=1min

[Install]
WantedBy=timers.target
`;
}

/** What begins with a percent sign is for systemd to fill in. */
function specifiers(text: string): string {
  return text.replaceAll('%', '%%');
}

function quoted(text: string): string {
  const plain = specifiers(text);
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(plain) ? plain : `"${plain.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** In a command line a dollar sign would begin a variable. */
function argument(text: string): string {
  return quoted(text.replaceAll('$', '$$$$'));
}
