import tseslint from 'typescript-eslint';

/** Settings come from one schema, src/config.ts, which documents every variable; the others get them as parameters. */
const noEnvironment = [
  'error',
  { object: 'process', property: 'env', message: 'Only src/bin and src/servers read the environment.' },
];

export default tseslint.config(
  { ignores: ['dist/', 'dist.*/', 'node_modules/', 'scripts/', '**/*.js', '**/*.cjs', '**/*.d.ts'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
  {
    // Beyond these sizes a file has more than one subject, or a function does more than one thing. Who needs an exception
    // says why beside it.
    files: ['src/**/*.ts', 'api/**/*.ts', 'activities/**/*.ts', 'workflows/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 450 }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['src/**/*.ts', 'api/**/*.ts', 'activities/**/*.ts'],
    ignores: ['src/bin/**', 'src/servers/**'],
    rules: {
      'no-restricted-properties': noEnvironment,
      // The same object by another way.
      'no-restricted-imports': ['error', { patterns: ['node:process', 'process'] }],
    },
  },
  {
    // Properties of components are functions, and no methods of an object.
    files: ['dashboard/**/*.{ts,tsx}'],
    rules: { '@typescript-eslint/unbound-method': 'off' },
  },
  {
    // A value import of an activity is bundled into the workflow silently; only its type may cross.
    files: ['workflows/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', 'process', 'Buffer'],
      'no-restricted-imports': ['error', { patterns: ['node:*'] }],
    },
  },
);
