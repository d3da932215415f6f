/** The architecture as rules; docs/architecture.md has the picture. */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'A cycle has no reading order, and types that need one another belong in one file.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'workflows-are-deterministic',
      comment: 'What a workflow imports is bundled and replayed: pure code only, everything else as types.',
      severity: 'error',
      from: { path: '^workflows/' },
      to: {
        pathNot: [
          '^workflows/',
          '^src/(lifecycle|assignment)/',
          '^src/temporal/messages\\.ts$',
          '^node_modules/@temporalio/(workflow|common)/',
        ],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'lifecycle-is-pure',
      comment:
        'Decisions are functions of their arguments: nothing from outside but types, Holm’s procedure and the number of slots.',
      severity: 'error',
      from: { path: '^src/lifecycle/' },
      to: {
        pathNot: ['^src/lifecycle/', '^src/stats/multiplicity\\.ts$', '^src/assignment/hash\\.ts$'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'assignment-stands-alone',
      comment: 'It is compiled into the SDKs, browsers included.',
      severity: 'error',
      from: { path: '^src/assignment/' },
      to: { pathNot: '^src/assignment/' },
    },
    {
      name: 'numbers-are-pure',
      comment:
        'Evidence must be recomputable from what is stored, definitions from what was exported: no I/O, no clock.',
      severity: 'error',
      from: { path: '^src/(stats|metrics|rehearsal|migration)/' },
      to: {
        path: '^(src/(store|serving|servers|bin|ingest|operations|temporal)|api|activities|workflows)/|^node:',
      },
    },
    {
      name: 'one-numeric-room',
      comment: 'Numeric libraries are wrong in places; one file knows where.',
      severity: 'error',
      from: { pathNot: '^src/stats/distributions\\.ts$' },
      to: { path: '^node_modules/(jstat|@stdlib)/' },
    },
    {
      name: 'only-the-store-knows-mongodb',
      comment: 'What servers lack is known in one place.',
      severity: 'error',
      from: { pathNot: '^src/(store|servers)/' },
      to: { path: '^node_modules/(mongodb|mongodb-memory-server-core)/' },
    },
    {
      name: 'only-the-api-knows-express',
      severity: 'error',
      comment: 'HTTP ends at the door.',
      from: { pathNot: '^api/' },
      to: { path: '^node_modules/(express|helmet)/' },
    },
    {
      name: 'nothing-imports-bin',
      comment: 'src/bin wires things up; whoever needs a part takes the part.',
      severity: 'error',
      from: { pathNot: '^src/bin/' },
      to: { path: '^src/bin/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
