// How fast the engine runs natively, against plain tract and ONNX Runtime's Python package: the same models, noise and
// number of threads, processes that stay, runs in turns.
//   PYTHON=… node benches/native.mjs [--runs 9] [--sizes 256,512] [--threads 1,2] [--tiers animeganv2,fast]
// PYTHON has models/train/requirements.txt.
import { execFileSync, spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { median, publish, rounded } from './browser/bench.mjs';
import { modelOf } from './browser/modules.mjs';

const { values: given } = parseArgs({
  options: {
    runs: { type: 'string', default: '9' },
    sizes: { type: 'string', default: '256,512' },
    threads: { type: 'string', default: '1,2' },
    tiers: { type: 'string', default: 'animeganv2,fast' },
  },
});
const list = (text) => text.split(',');
const python = process.env.PYTHON ?? 'python3';

/** The path of the compiled bench. */
function built() {
  const lines = execFileSync(
    'cargo',
    ['bench', '--features', 'cli', '--bench', 'native', '--no-run', '--message-format', 'json'],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 28 },
  );
  const made = lines.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  return made.find(({ target, executable }) => executable && target.name === 'native').executable;
}

/** A process that runs the model once for every line it gets. */
function engine(command, args) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async run() {
      child.stdin.write('\n');
      const { value, done } = await lines.next();
      if (done) throw new Error(`${command} ${args.join(' ')} has ended`);
      const [ms, size] = value.split(' ').map(Number);
      return { ms, size };
    },
    end: () => child.stdin.end(),
  };
}

const program = built();
const rows = [];
for (const tier of list(given.tiers))
  for (const size of list(given.sizes))
    for (const threads of list(given.threads)) {
      const engines = {
        nijigen: engine(program, [modelOf(tier), size, 'ours', threads]),
        // Its operators use one thread.
        ...(threads === '1' ? { tract: engine(program, [modelOf(tier), size, 'tract', threads]) } : {}),
        onnxruntime: engine(python, ['benches/native.py', modelOf(tier), size, threads]),
      };
      const times = Object.fromEntries(Object.keys(engines).map((name) => [name, []]));
      const sizes = {};
      for (let run = 0; run <= Number(given.runs); run++)
        for (const [name, { run: once }] of Object.entries(engines)) {
          const { ms, size } = await once();
          if (run > 0) times[name].push(ms); // the first is for warming up
          sizes[name] = size;
        }
      for (const { end } of Object.values(engines)) end();
      const peer = median(times.onnxruntime);
      for (const [name, ms] of Object.entries(times)) {
        if (Math.abs(sizes[name] - sizes.onnxruntime) > 1e-3) {
          const said = `${name} draws something else: ${tier} at ${size}`;
          if (name === 'nijigen') throw new Error(said);
          console.error(`» ${said}`);
        }
        rows.push({
          engine: name,
          model: tier,
          size: Number(size),
          threads: Number(threads),
          median_ms: rounded(median(ms)),
          min_ms: rounded(Math.min(...ms)),
          ratio: rounded(median(ms) / peer, 2),
        });
      }
    }

publish(
  'native',
  rows,
  `${cpus().length}-core ${cpus()[0].model.trim()}${process.env.BENCH_NOTE ? `, ${process.env.BENCH_NOTE}` : ''}; medians of ${given.runs} runs in turns. \`ratio\` is to ONNX Runtime in the same run.`,
);
