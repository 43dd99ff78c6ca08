import js from '@eslint/js';
import globals from 'globals';
import typescript from 'typescript-eslint';

export default typescript.config(
  { ignores: ['target/', 'dist/', 'node_modules/', 'models/', 'benches/results/', 'tests/consumers/*/'] },
  js.configs.recommended,
  {
    files: ['**/*.mjs'],
    languageOptions: { globals: globals.node },
  },
  {
    // Functions in these files run in the page that the test has open.
    files: ['tests/browser/**/*.mjs', 'tests/consumers/*.mjs', 'tests/firefox/*.mjs', 'benches/browser/**/*.mjs'],
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
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
);
