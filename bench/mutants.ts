import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Mutation, mutationsOf } from './mutants/mutations.ts';
import { readImportGraph } from './mutants/pure-tests.ts';
import { createTestRunner, type TestRunner } from './mutants/test-runner.ts';

/**
 * Changes the code in one place at a time (a seeded sample) and runs the pure tests that import it. A change that no test
 * detects is a survivor; it is printed at once, with its place. Covers model, view, facts, reconcile, linux, lb/table and every
 * plan.ts and render.ts. `docs/mutants.md` has the results.
 *   npm run bench -- mutants [--count 500] [--seed 1] [--workers 2] [--only model/address/cidr.ts]
 */
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
  },
});
const WHOLE_FOLDERS = ['model', 'view', 'facts', 'reconcile', 'linux', 'lb/table'];
const BASELINE_LIMIT_MS = 600_000;
const MIN_LIMIT_MS = 20_000;
/** Tests of other folders run if they reach the file through at most this many imports. */
const NEAR = 3;
const PROGRESS_EVERY = 25;

interface Mutant extends Mutation {
  readonly file: string;
  readonly line: number;
  /** Text of the line. */
  readonly source: string;
}
type Outcome = 'killed' | 'survived' | 'no test';
/** Test files: those of the file's own folder first, because most mutants are detected there. */
type Stages = readonly (readonly string[])[];
interface Worker {
  /** Folder with a copy of the checkout. */
  readonly copy: string;
  readonly runner: TestRunner;
}

const root = resolve('.');
const folders = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
  .map(({ name }) => name);
const graph = readImportGraph(root, folders);
const mutants = sample(allMutants(), Number(values.count), Number(values.seed));
const outcomes = new Map<Mutant, Outcome>();
const queue = [...mutants];
const workers = Array.from({ length: Number(values.workers) }, createWorker);
try {
  const limitMs = await expectToPass(workers[0] as Worker);
  await Promise.all(workers.map((worker) => work(worker, limitMs)));
} finally {
  for (const worker of workers) remove(worker);
}
report();

function allMutants(): readonly Mutant[] {
  const files = folders
    .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)))
    .filter((file) => file.endsWith('.ts') && !/^(test|bench|demo|scripts)\//.test(file))
    .filter(
      (file) => WHOLE_FOLDERS.some((folder) => file.startsWith(`${folder}/`)) || /\/(plan|render)\.ts$/.test(file),
    )
    .filter((file) => file.includes(values.only))
    .toSorted();
  return files.flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    const lines = text.split('\n');
    return mutationsOf(text).map((mutation): Mutant => {
      const line = text.slice(0, mutation.start).split('\n').length;
      return { ...mutation, file, line, source: lines[line - 1]?.trim() ?? '' };
    });
  });
}

/** `count` of them, drawn by a seeded generator: the same seed draws the same mutants from the same code. */
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

/** Copies the checkout, so that mutants do not touch it and changes of it do not touch the run. */
function createWorker(): Worker {
  const copy = mkdtempSync(join(tmpdir(), 'drover-mutants-'));
  const left = ['.git', '.tools', 'node_modules'];
  for (const { name } of readdirSync(root, { withFileTypes: true }))
    if (!left.includes(name)) cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return { copy, runner: createTestRunner(copy) };
}

function remove({ copy, runner }: Worker): void {
  runner.close();
  rmSync(copy, { recursive: true, force: true });
}

/**
 * Runs all tests once, because a test that fails without a mutation would count every mutant as killed. Returns the time
 * limit in milliseconds, after which a mutant counts as an endless loop and as killed.
 */
async function expectToPass({ runner }: Worker): Promise<number> {
  const tests = new Set(mutants.flatMap((mutant) => stagesOf(mutant).flat()));
  const begin = performance.now();
  const failed = await runner.failed({ changed: null, tests: [...tests] }, BASELINE_LIMIT_MS);
  if (failed.length > 0) throw new Error(`these tests fail without a mutation: ${failed.join(' ')}`);
  return Math.max(MIN_LIMIT_MS, 2 * (performance.now() - begin));
}

/** Tries mutants until the queue is empty. */
async function work(worker: Worker, limitMs: number): Promise<void> {
  for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
    const outcome = await attempt(worker, mutant, limitMs);
    outcomes.set(mutant, outcome);
    if (outcome !== 'killed') console.info(`${outcome}: ${describe(mutant)}`);
    if (outcomes.size % PROGRESS_EVERY === 0) console.info(`${outcomes.size} of ${mutants.length} tried`);
  }
}

async function attempt({ copy, runner }: Worker, mutant: Mutant, limitMs: number): Promise<Outcome> {
  const stages = stagesOf(mutant);
  if (stages.length === 0) return 'no test';
  const path = join(copy, mutant.file);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.slice(0, mutant.start) + mutant.replacement + text.slice(mutant.end));
  try {
    for (const tests of stages)
      if ((await runner.failed({ changed: path, tests }, limitMs)).length > 0) return 'killed';
    return 'survived';
  } finally {
    writeFileSync(path, text);
  }
}

function stagesOf({ file }: Mutant): Stages {
  const [own, others] = [[] as string[], [] as string[]];
  for (const { test, distance } of graph.pureTestsOf(file)) {
    if (test.startsWith(`test/${folderOf(file)}/`)) own.push(test);
    else if (distance <= NEAR) others.push(test);
  }
  return [own, others].filter((stage) => stage.length > 0);
}

function report(): void {
  const rows = [...Map.groupBy([...outcomes], ([{ file }]) => folderOf(file))].toSorted();
  for (const [folder, entries] of rows) console.info(`${folder}: ${share(entries.map(([, outcome]) => outcome))}`);
  console.info(`all, seed ${values.seed}: ${share([...outcomes.values()])}`);
}

function share(of: readonly Outcome[]): string {
  const killed = of.filter((outcome) => outcome === 'killed').length;
  return `${killed} of ${of.length} killed (${((100 * killed) / of.length).toFixed(1)} %)`;
}

function describe({ file, line, what, source }: Mutant): string {
  return `${file}:${line} ${what}: ${source}`;
}

function folderOf(file: string): string {
  return file.split('/')[0] ?? '';
}
