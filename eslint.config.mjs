import js from '@eslint/js';
import globals from 'globals';
import typescript from 'typescript-eslint';

export default typescript.config(
  {
    ignores: [
      'target/',
      'dist/',
      'node_modules/',
      'models/',
      'benches/results/',
      'tests/bundlers/*/',
      'tests/consumers/*/',
      'www/client/core.ts',
      'www/worker/core.d.ts',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.mjs'],
    languageOptions: { globals: globals.node },
  },
  {
    // Functions in these files run in the page that the test has open.
    files: [
      'tests/browser/**/*.mjs',
      'tests/bundlers/*.mjs',
      'tests/consumers/*.mjs',
      'tests/firefox/*.mjs',
      'tests/fixtures/film.mjs',
      'tests/webkit/*.mjs',
      'tests/start.mjs',
      'benches/browser/**/*.mjs',
    ],
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
  },
  {
    files: ['www/**/*.ts'],
    // Written for projects that have React.
    ignores: ['www/element/react.d.ts'],
    extends: [typescript.configs.strictTypeChecked, typescript.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['www/tsconfig.json', 'www/worker/tsconfig.json', 'www/node/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      // An object without one of its members is written so.
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      // Editors and the reference show what an interface takes over, of other types only how they are made.
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
);
