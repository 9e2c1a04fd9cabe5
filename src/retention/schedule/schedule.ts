import { loadDataMap } from '../../datamap/load.js';
import { now } from '../../foundation/clock.js';
import { locateWorkspace, type Surroundings } from '../../workspace/open.js';
import { durationSeconds } from '../duration.js';
import { clockText, clockTime, dayWithout } from './clock-time.js';
import { crontab } from './cron.js';
import { RUN_EXITS } from './exits.js';
import { type NeededVariable, readInstallation } from './installation.js';
import { kubernetesCronJob } from './kubernetes.js';
import { systemdService, systemdTimer } from './systemd.js';

export const FORMATS = ['cron', 'systemd', 'kubernetes'] as const;
export type ScheduleFormat = (typeof FORMATS)[number];

export interface ScheduleOptions {
  readonly formats: readonly ScheduleFormat[];
  /** `HH:MM` in the map's time zone. */
  readonly at: string;
  /** As `retention run` takes it, e.g. `2h`. */
  readonly maxDuration: string;
  readonly metrics: string | undefined;
  /** Holds the variables, for cron and systemd. */
  readonly environmentFile: string;
  readonly image: string;
  /** The folder that the program is installed in. */
  readonly root: string;
}

export interface Schedule {
  readonly node: string;
  readonly program: string;
  readonly workspace: string;
  readonly operator: string;
  readonly user: string;
  readonly at: string;
  readonly timeZone: string;
  /** A day on which the zone's clocks skip this time, or null. */
  readonly skipped: string | null;
  /** What the timer must set; the values are nowhere. */
  readonly variables: readonly NeededVariable[];
  readonly passphrase: boolean;
  /** Crontab lines; null when not asked for, as the others. */
  readonly cron: string | null;
  readonly service: string | null;
  readonly timer: string | null;
  readonly kubernetes: string | null;
  readonly exits: typeof RUN_EXITS;
}

/**
 * The timers that run the retention of this workspace, as texts to be put where they belong. Reads gdpr.yaml and the
 * map; opens neither the database nor a key.
 * @throws GdprError USAGE for a time or duration that is none, WORKSPACE_NOT_FOUND, CONFIG_INVALID, MAP_INVALID, KEY_MISSING
 */
export async function schedule(surroundings: Surroundings, options: ScheduleOptions): Promise<Schedule> {
  const at = clockTime(options.at);
  const maxDurationSeconds = durationSeconds(options.maxDuration, '--max-duration');
  const workspace = await locateWorkspace(surroundings);
  const { map } = await loadDataMap(workspace.paths.datamap, workspace.paths.mapMemory);
  const { timeZone } = map;
  const installation = await readInstallation(workspace, options);
  const asked = (format: ScheduleFormat, text: () => string) => (options.formats.includes(format) ? text() : null);
  const system = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const { node, program, operator, user, variables, passphrase } = installation;
  return {
    node,
    program,
    workspace: installation.workspace,
    operator,
    user,
    at: clockText(at),
    timeZone,
    skipped: dayWithout(at, timeZone, now()) ?? null,
    variables,
    passphrase,
    cron: asked('cron', () => crontab(installation, at, { map: timeZone, system })),
    service: asked('systemd', () => systemdService(installation, maxDurationSeconds)),
    timer: asked('systemd', () => systemdTimer(at, timeZone)),
    kubernetes: asked('kubernetes', () =>
      kubernetesCronJob(installation, at, { timeZone, maxDurationSeconds, image: options.image }),
    ),
    exits: RUN_EXITS,
  };
}
