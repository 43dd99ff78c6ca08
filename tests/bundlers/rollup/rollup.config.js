import resolve from '@rollup/plugin-node-resolve';
import { importMetaAssets } from '@web/rollup-plugin-import-meta-assets';

const plugins = [resolve({ browser: true })];
export default [
  // One file; the package's folder is copied beside it.
  {
    input: 'src/main.js',
    plugins,
    output: { file: 'dist/main/script.js', format: 'iife', inlineDynamicImports: true },
  },
  // Its files are copied by the plugin.
  {
    input: { script: 'src/beside.js' },
    plugins: [...plugins, importMetaAssets()],
    output: { dir: 'dist/beside', format: 'es' },
  },
];
