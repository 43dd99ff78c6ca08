// One page alone, with what servers that render pages read: which files belong to which script.
export default {
  build: { target: 'es2022', manifest: true, rollupOptions: { input: [`${process.env.PAGE}.html`] } },
};
