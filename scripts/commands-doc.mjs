// Prints docs/commands.md from the manifest of the last build: node scripts/commands-doc.mjs > docs/commands.md
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'oclif.manifest.json'), 'utf8'));
const commands = Object.values(manifest.commands);
const shared = ['workspace', 'json'];
/** Flags that name a person are the same everywhere and are told once. */
const personal = (flag) => flag.helpGroup === 'PERSON';

const lines = [
  '# Commands',
  '',
  'Made from the program itself; `gdpr COMMAND --help` shows the same. Every command takes `--json`',
  '([what it prints](json.md)) and `--workspace FOLDER`, the folder that holds `gdpr.yaml`; without it, the nearest at or above',
  'the present one counts.',
  '',
  '## Naming a person',
  '',
  'Several flags together must all match. Where others may see process arguments, use `--person-file`.',
  '',
  ...flagTable(
    Object.values(commands.find((command) => Object.values(command.flags).some(personal))?.flags ?? {}).filter(
      personal,
    ),
  ),
  ...commands.flatMap(section),
];
process.stdout.write(`${lines.join('\n').trimEnd()}\n`);

function section(command) {
  const name = `gdpr ${command.id.replaceAll(':', ' ')}`;
  const args = Object.values(command.args ?? {});
  const flags = Object.values(command.flags);
  const own = flags.filter((flag) => !shared.includes(flag.name) && !personal(flag) && flag.hidden !== true);
  const words = args.map((arg) => (arg.required ? arg.name.toUpperCase() : `[${arg.name.toUpperCase()}]`));
  return [
    '',
    `## ${[name, ...words].join(' ')}`,
    '',
    `${command.summary}.`,
    ...(command.description ? ['', fill(command.description, name)] : []),
    ...(flags.some(personal) ? ['', 'Takes the flags that [name a person](#naming-a-person).'] : []),
    ...(args.length + own.length > 0 ? ['', ...flagTable(own, args)] : []),
    ...(command.examples?.length
      ? ['', '```sh', ...command.examples.flatMap((example) => exampleLines(example, name)), '```']
      : []),
  ];
}

function flagTable(flags, args = []) {
  return [
    '| | |',
    '|---|---|',
    ...args.map(
      (arg) =>
        `| \`${arg.name.toUpperCase()}\` | ${cell(arg.description)}${arg.options ? `: ${arg.options.join(', ')}` : ''} |`,
    ),
    ...flags.map(
      (flag) =>
        `| \`--${flag.name}${flag.type === 'boolean' ? '' : ` ${argumentOf(flag)}`}\` | ${cell(flag.description)}${notes(flag)} |`,
    ),
  ];
}

function notes(flag) {
  const said = [];
  if (flag.required) said.push('required');
  if (flag.type !== 'boolean' && flag.default !== undefined) said.push(`default: ${flag.default}`);
  return said.length === 0 ? '' : ` (${said.join('; ')})`;
}

function cell(text) {
  return (text ?? '').replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function exampleLines(example, name) {
  if (typeof example === 'string') return [fill(example, name)];
  return [`# ${example.description}`, fill(example.command, name)];
}

function fill(text, name) {
  return text.replaceAll('<%= config.bin %> <%= command.id %>', name).replaceAll('<%= config.bin %>', 'gdpr');
}

function argumentOf(flag) {
  return cell(flag.options?.join('|') ?? flag.helpValue ?? 'VALUE');
}
