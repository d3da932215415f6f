/** The architecture as rules; docs/architecture.md has the picture. */

const PRODUCT = '^(src|api|activities|workflows)/';
const PURE =
  '^src/(model|assignment|calendar|lifecycle|stats|metrics|anomalies|rehearsal|certificates|migration|alerts)/';

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'A cycle has no reading order, and types that need one another belong in one file.',
      severity: 'error',
      from: { path: PRODUCT },
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'What nobody imports is dead, or is started in a way that this list must name.',
      severity: 'error',
      from: { orphan: true, path: PRODUCT, pathNot: '\\.d\\.ts$' },
      to: {},
    },
    {
      name: 'tests-reach-everything',
      comment:
        'What no test imports, directly or through others, breaks unseen. Programs run as processes in e2e.',
      severity: 'error',
      from: { path: '^test/' },
      to: {
        path: PRODUCT,
        pathNot: [
          '^src/bin/',
          '^workflows/',
          '^src/operations/(rehearsal|pattern)-process\\.ts$',
          // Temporal's SDK loads it by its path.
          '^src/temporal/failure-converter\\.cjs$',
          '\\.d\\.ts$',
        ],
        reachable: false,
      },
    },
    {
      name: 'no-development-tools-in-the-product',
      comment: 'Users install without development dependencies.',
      severity: 'error',
      from: { path: PRODUCT },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
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
        'Decisions are functions of their arguments: nothing from outside but types, Holm’s procedure, the number of slots and the text of a moment.',
      severity: 'error',
      from: { path: '^src/lifecycle/' },
      to: {
        pathNot: [
          '^src/lifecycle/',
          '^src/stats/multiplicity\\.ts$',
          '^src/assignment/hash\\.ts$',
          '^src/iso\\.ts$',
        ],
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
      from: { path: '^src/(stats|metrics|anomalies|rehearsal|migration)/' },
      to: { path: '^(src/(store|serving|servers|bin)|api|activities|workflows)/|^node:' },
    },
    {
      name: 'one-numeric-room',
      comment: 'Numeric libraries are wrong in places; one file knows where.',
      severity: 'error',
      from: { path: PRODUCT, pathNot: '^src/stats/distributions\\.ts$' },
      to: { path: '^node_modules/(jstat|@stdlib)/' },
    },
    {
      name: 'root-is-ground',
      comment: 'Everything stands on src/*.ts, so those files stand on no folder.',
      severity: 'error',
      from: { path: '^src/[^/]+\\.ts$' },
      to: { path: '^src/[^/]+/|^(api|activities|workflows)/' },
    },
    {
      name: 'ground-knows-no-operations',
      comment: 'Operations are verbs over these nouns: the nouns do not know what is done with them.',
      severity: 'error',
      from: { path: [PURE, '^src/(store|serving|secrets|temporal|servers|receivers)/'] },
      to: { path: '^src/(operations|ingest)/' },
    },
    {
      name: 'operations-know-no-door',
      comment: 'What is done to an experiment is the same by HTTP, by a workflow and by a command line.',
      severity: 'error',
      from: { path: '^src/(operations|ingest)/' },
      to: {
        path: [
          '^(api|activities|workflows)/|^src/bin/',
          '^node_modules/(express|@temporalio/(worker|activity))/',
        ],
      },
    },
    {
      name: 'routes-hand-over',
      comment:
        'A route says who may call it, what it takes and what it answers; operations speak to Temporal.',
      severity: 'error',
      from: { path: '^api/' },
      to: { path: '^src/temporal/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-workers-know-the-worker',
      comment: 'An API process loads no native Temporal code.',
      severity: 'error',
      from: { path: PRODUCT, pathNot: '^(activities|src/bin)/' },
      to: { path: '^node_modules/@temporalio/(worker|activity)/' },
    },
    {
      name: 'only-the-store-knows-mongodb',
      comment: 'What servers lack is known in one place.',
      severity: 'error',
      from: { path: PRODUCT, pathNot: '^src/(store|servers)/' },
      to: { path: '^node_modules/(mongodb|mongodb-memory-server-core)/' },
    },
    {
      name: 'only-receivers-speak-to-strangers',
      comment: 'Which addresses may be spoken to is checked in one place.',
      severity: 'error',
      from: { path: PRODUCT, pathNot: '^src/receivers/' },
      to: { path: '^node_modules/(@types/)?nodemailer/' },
    },
    {
      name: 'only-the-api-knows-express',
      comment: 'HTTP ends at the door.',
      severity: 'error',
      from: { path: PRODUCT, pathNot: '^api/' },
      to: { path: '^node_modules/(express|helmet|openid-client)/' },
    },
    {
      name: 'browsers-get-pure-code',
      comment:
        'The dashboard runs the cores as they are; whatever reads, writes or has secrets stays on the server.',
      severity: 'error',
      from: { path: '^dashboard/' },
      to: {
        path: '^(src|api|activities|workflows)/',
        pathNot:
          '^src/(model|assignment|calendar|lifecycle|stats|metrics|rehearsal|certificates)/|^src/[^/]+\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'the-dashboard-stands-apart',
      comment: 'It speaks to the API as everybody does.',
      severity: 'error',
      from: { path: PRODUCT },
      to: { path: '^dashboard/' },
    },
    {
      name: 'nothing-imports-bin',
      comment: 'src/bin composes processes; whoever needs a part takes the part.',
      severity: 'error',
      from: { path: PRODUCT, pathNot: '^src/bin/' },
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
