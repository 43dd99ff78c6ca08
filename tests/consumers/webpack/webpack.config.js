// Models have their hash as a name: without `clean` those of an earlier build would stay.
module.exports = { mode: 'production', entry: './src/main.js', output: { clean: true } };
