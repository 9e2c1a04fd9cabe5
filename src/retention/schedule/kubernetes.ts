import { stringify } from 'yaml';
import type { ClockTime } from './clock-time.js';
import { exitComments, FINAL_EXITS } from './exits.js';
import type { Installation } from './installation.js';
import { UNIT } from './systemd.js';

const SECRET = 'gdpr-retention';
const CLAIM = 'gdpr-workspace';
const MARGIN_SECONDS = 1800;

/**
 * A CronJob (Kubernetes batch/v1). The workspace is a volume at the same path as here, since gdpr.yaml may name paths;
 * node and the program are those of the image.
 */
export function kubernetesCronJob(
  installation: Installation,
  at: ClockTime,
  options: { readonly timeZone: string; readonly maxDurationSeconds: number; readonly image: string },
): string {
  const { workspace, operator, args, variables, passphrase, writes, uid } = installation;
  // A secret holds the password itself, not the file that it stands in here.
  const given = variables.map(({ name }) => (name === 'PGPASSFILE' ? 'PGPASSWORD' : name));
  const named = [...new Set([...given, ...(passphrase ? ['GDPR_KEY_PASSPHRASE'] : [])])];
  const outside = writes.filter((path) => path !== workspace && !path.startsWith(`${workspace}/`));
  const volumes = [workspace, ...outside].map((path, i) => ({ name: i === 0 ? 'workspace' : `data-${i}`, path }));
  const container = {
    name: 'retention',
    image: options.image,
    command: ['gdpr', ...args],
    workingDir: workspace,
    env: [
      { name: 'GDPR_OPERATOR', value: operator },
      ...named.map((name) => ({ name, valueFrom: { secretKeyRef: { name: SECRET, key: name } } })),
    ],
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [...volumes.map(({ name, path }) => ({ name, mountPath: path })), { name: 'tmp', mountPath: '/tmp' }],
  };
  const job = {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: UNIT },
    spec: {
      schedule: `${at.minute} ${at.hour} * * *`,
      timeZone: options.timeZone,
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: 14_400,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 3,
      jobTemplate: {
        spec: {
          activeDeadlineSeconds: options.maxDurationSeconds + MARGIN_SECONDS,
          backoffLimit: 2,
          podFailurePolicy: {
            rules: [
              {
                action: 'FailJob',
                onExitCodes: { containerName: 'retention', operator: 'In', values: [...FINAL_EXITS] },
              },
            ],
          },
          template: {
            spec: {
              restartPolicy: 'Never',
              automountServiceAccountToken: false,
              terminationGracePeriodSeconds: 300,
              securityContext: {
                ...(uid !== undefined && { runAsNonRoot: uid !== 0, runAsUser: uid }),
                seccompProfile: { type: 'RuntimeDefault' },
              },
              containers: [container],
              volumes: [
                ...volumes.map(({ name }, i) => ({
                  name,
                  persistentVolumeClaim: { claimName: i === 0 ? CLAIM : `${CLAIM}-${i}` },
                })),
                { name: 'tmp', emptyDir: {} },
              ],
            },
          },
        },
      },
    },
  };
  return `${[
    '# kubectl apply -f FILE (Kubernetes 1.31 or newer, for podFailurePolicy and timeZone)',
    `# The image has Node.js and privatums: npm install --global privatums`,
    `# The claim ${CLAIM} holds the workspace, owned by user ${uid ?? 'of the container'}. No fsGroup: it would open the keys to a group, and they are refused then.`,
    ...(named.length === 0 ? [] : [`# kubectl create secret generic ${SECRET} with the keys: ${named.join(', ')}`]),
    ...exitComments(),
  ].join('\n')}\n${stringify(job, { lineWidth: 0 })}`;
}
