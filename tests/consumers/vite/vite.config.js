import { existsSync } from 'node:fs';

// A package that was built without threads has no script for them.
const whole = existsSync('node_modules/nijigen/thread.js');
export default { build: { rollupOptions: { input: ['index.html', ...(whole ? ['subpaths.html'] : [])] } } };
