// The arrows between the rooms: each imports its own layer and those below it, never one above.
const layers = [
  ['foundation'],
  ['database', 'archive', 'audit'],
  ['datamap', 'identity', 'documents', 'delivery', 'keys', 'workspace'],
  ['customer', 'consent', 'marketing', 'disclosure', 'retention', 'request', 'operation', 'roles'],
  ['cli'],
];

const rooms = (names) => `^src/(${names.join('|')})/`;
const packages = (names) => `(^|/)node_modules/(${names.join('|')})/`;

const upwards = layers.slice(0, -1).map((names, index) => ({
  name: `${names[0]}-layer-imports-nothing-above`,
  severity: 'error',
  from: { path: rooms(names) },
  to: { path: [rooms(layers.slice(index + 1).flat()), '^commands/', '^examples/', '^bin/'] },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...upwards,
    {
      name: 'every-source-file-is-in-a-room',
      severity: 'error',
      from: { path: '^src/', pathNot: rooms(layers.flat()) },
      to: {},
    },
    {
      name: 'cli-is-for-commands',
      severity: 'error',
      from: { pathNot: ['^commands/', '^src/cli/'] },
      to: { path: '^src/cli/' },
    },
    {
      name: 'terminal-libraries-only-in-commands-and-cli',
      severity: 'error',
      from: { pathNot: ['^commands/', '^src/cli/', '^bin/', '(^|/)node_modules/'] },
      to: { path: packages(['@oclif', 'inquirer', '@inquirer', 'chalk', 'cli-progress', '@types/cli-progress']) },
    },
    {
      name: 'database-libraries-only-in-database',
      severity: 'error',
      from: { pathNot: ['^src/database/', '(^|/)node_modules/'] },
      to: { path: packages(['knex', 'pg', 'pg-[a-z-]+', '@types/pg', '@electric-sql']) },
    },
    {
      name: 'foundation-imports-node-only',
      severity: 'error',
      from: { path: '^src/foundation/' },
      to: { pathNot: '^src/foundation/', dependencyTypesNot: ['core'] },
    },
    {
      name: 'verification-runs-without-a-database',
      comment: 'Whoever verifies an archive or a log has no database, so nothing on that way may lead to one.',
      severity: 'error',
      from: { path: ['^src/archive/', '^src/audit/(entry|tree|note|checkpoint|journal|verify)\\.ts$'] },
      to: { path: '^src/database/', reachable: true },
    },
    {
      name: 'audit-knows-the-session-only',
      comment: 'And by its type only, which test/architecture holds: this parser does not tell types from code.',
      severity: 'error',
      from: { path: '^src/audit/' },
      to: { path: '^src/database/', pathNot: '^src/database/session\\.ts$' },
    },
    {
      name: 'documents-import-foundation-and-the-map',
      comment: 'Of the map its types only, which test/architecture holds.',
      severity: 'error',
      from: { path: '^src/documents/' },
      to: { path: '^src/', pathNot: ['^src/documents/', '^src/foundation/', '^src/datamap/'] },
    },
    {
      name: 'delivery-imports-archives-and-documents',
      severity: 'error',
      from: { path: '^src/delivery/' },
      to: { path: '^src/', pathNot: rooms(['delivery', 'archive', 'documents', 'foundation']) },
    },
    {
      name: 'keys-import-certificates-and-notes-only',
      severity: 'error',
      from: { path: '^src/keys/' },
      to: { path: ['^src/archive/', '^src/audit/'], pathNot: ['^src/archive/(certificate|signer)', '^src/audit/note'] },
    },
    {
      name: 'shipped-code-imports-shipped-packages',
      severity: 'error',
      from: { path: ['^src/', '^commands/', '^examples/', '^bin/'] },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphan', severity: 'error', from: { orphan: true, pathNot: '^commands/' }, to: {} },
    { name: 'everything-resolves', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    // TypeScript 7 has no programming interface; without another parser no file would be read, and that would pass.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: '(^|/)node_modules/' },
    exclude: { path: ['^dist', '^test/'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.json'],
    },
  },
};
