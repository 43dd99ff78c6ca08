export default {
  // Static files: every page is rendered on the server while it is built.
  output: 'export',
  // The project lies within another one.
  turbopack: { root: import.meta.dirname },
};
