import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { type Mutation, mutationsOf } from './mutants/mutations.ts';
import { readImportGraph } from './mutants/pure-tests.ts';

/**
 * Changes the code in one place at a time (a seeded sample) and runs the pure tests that reach it: a change no test notices
 * is a survivor, printed with its place. Covers model, view, facts, reconcile, linux and every plan.ts and render.ts.
 *   npm run bench -- mutants [--count 500] [--seed 1] [--workers 2] [--only model/cidr.ts]
 */
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
  },
});
const WHOLE_FOLDERS = ['model', 'view', 'facts', 'reconcile', 'linux'];
const LIMIT_MS = 60_000;
/** Tests of other folders count when there are at most so many imports between them and the file. */
const NEAR = 3;

interface Mutant extends Mutation {
  readonly file: string;
  readonly line: number;
}
type Outcome = 'killed' | 'survived' | 'no test';

const root = resolve('.');
const folders = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
  .map(({ name }) => name);
const graph = readImportGraph(root, folders);
const mutants = sample(allMutants(), Number(values.count), Number(values.seed));
const outcomes = new Map<Mutant, Outcome>();
const queue = [...mutants];
await Promise.all(Array.from({ length: Number(values.workers) }, () => work()));
report();

function allMutants(): readonly Mutant[] {
  const files = folders
    .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)))
    .filter((file) => file.endsWith('.ts') && !/^(test|bench|demo|scripts)\//.test(file))
    .filter((file) => WHOLE_FOLDERS.includes(file.split('/')[0] ?? '') || /\/(plan|render)\.ts$/.test(file))
    .filter((file) => file.includes(values.only))
    .toSorted();
  return files.flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    return mutationsOf(text).map((mutation) => ({
      ...mutation,
      file,
      line: text.slice(0, mutation.start).split('\n').length,
    }));
  });
}

/** `count` of them, drawn by a generator of our own: the same seed draws the same from the same code. */
function sample(all: readonly Mutant[], count: number, seed: number): readonly Mutant[] {
  let state = seed >>> 0;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return all
    .map((mutant) => ({ mutant, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .slice(0, count)
    .map(({ mutant }) => mutant);
}

/** Tries mutants in a copy of the checkout until none is left. */
async function work(): Promise<void> {
  const copy = mkdtempSync(join(tmpdir(), 'drover-mutants-'));
  try {
    const left = ['.git', '.tools', 'node_modules'];
    for (const { name } of readdirSync(root, { withFileTypes: true }))
      if (!left.includes(name)) cpSync(join(root, name), join(copy, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    for (let mutant = queue.shift(); mutant; mutant = queue.shift()) outcomes.set(mutant, await attempt(copy, mutant));
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

async function attempt(copy: string, mutant: Mutant): Promise<Outcome> {
  const tests = graph.pureTestsOf(mutant.file);
  const isOwn = ({ test }: { readonly test: string }): boolean => test.startsWith(`test/${mutant.file.split('/')[0]}/`);
  const stages = [tests.filter(isOwn), tests.filter((one) => !isOwn(one) && one.distance <= NEAR)];
  if (stages.every((stage) => stage.length === 0)) return 'no test';
  const path = join(copy, mutant.file);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.slice(0, mutant.start) + mutant.replacement + text.slice(mutant.end));
  try {
    for (const stage of stages)
      if (
        stage.length > 0 &&
        !(await pass(
          copy,
          stage.map(({ test }) => test),
        ))
      )
        return 'killed';
    return 'survived';
  } finally {
    writeFileSync(path, text);
    if (outcomes.size % 25 === 0) process.stderr.write(`${outcomes.size} of ${mutants.length} tried\n`);
  }
}

async function pass(copy: string, tests: readonly string[]): Promise<boolean> {
  const args = [
    'run',
    '--bail=1',
    '--reporter=dot',
    '--no-isolate',
    '--pool=threads',
    '--maxWorkers=1',
    '--testTimeout=20000',
    '--experimental.fsModuleCache=true',
  ];
  const { exitCode } = await execa('vitest', [...args, ...tests], {
    cwd: copy,
    reject: false,
    timeout: LIMIT_MS,
    stdio: 'ignore',
  });
  return exitCode === 0;
}

function report(): void {
  const folderOf = ({ file }: Mutant): string => file.split('/')[0] ?? '';
  const counted = Map.groupBy([...outcomes], ([mutant]) => folderOf(mutant));
  for (const [folder, entries] of [...counted].toSorted())
    console.info(
      `${folder}: ${entries.filter(([, outcome]) => outcome === 'killed').length} of ${entries.length} killed`,
    );
  for (const [mutant, outcome] of outcomes) {
    if (outcome === 'killed') continue;
    const { file, line, what } = mutant;
    const source = readFileSync(file, 'utf8').split('\n')[line - 1]?.trim();
    console.info(`${outcome}: ${file}:${line} ${what}: ${source}`);
  }
  const killed = [...outcomes.values()].filter((outcome) => outcome === 'killed').length;
  console.info(
    `${killed} of ${outcomes.size} mutants killed (${((100 * killed) / outcomes.size).toFixed(1)} %), seed ${values.seed}`,
  );
}
