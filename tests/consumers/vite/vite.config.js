import { existsSync } from 'node:fs';

// A package that was built without threads has no script for them.
const whole = existsSync('node_modules/nijigen/thread.js');
// What Vite 5 and 6 compile for by default has no top-level await.
export default {
  build: {
    target: 'es2022',
    rollupOptions: { input: ['index.html', 'slim.html', ...(whole ? ['subpaths.html'] : [])] },
  },
};
