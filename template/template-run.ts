import type { Problem } from '../model/index.ts';
import type { RunCommand } from '../system/index.ts';
import { compileTemplate, reasonOf } from './compile.ts';
import { cleanPath } from './confd/go-path.ts';
import { createKeyStore, flatten } from './confd/key-store.ts';
import type { Engine } from './engine.ts';
import { keepFile, type Outcome } from './keep-file.ts';
import type { MetadataClient } from './metadata-client.ts';
import type { TemplateSpec } from './template-spec.ts';
import { type World, worldOf } from './world.ts';

export interface RunDependencies {
  readonly engine: Engine;
  readonly metadata: Pick<MetadataClient, 'get'>;
  readonly run: RunCommand;
}

/** The result of one template. */
export interface TemplateOutcome {
  readonly spec: TemplateSpec;
  readonly outcome: Outcome;
  /** Further problems, such as other lines that cannot be converted. */
  readonly more: readonly Problem[];
}

export interface RunOptions {
  /** Version of the metadata API. */
  readonly version: string;
  readonly dry: boolean;
  /** Destinations whose last reload failed. */
  readonly reload: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

/** Updates each file to the present metadata. Rejects when the metadata cannot be read. A failed template does not affect the others. */
export async function runTemplates(
  deps: RunDependencies,
  specs: readonly TemplateSpec[],
  options: RunOptions,
): Promise<readonly TemplateOutcome[]> {
  const reading = createReading(deps.metadata, options.version);
  const world = await reading.world();
  const outcomes: TemplateOutcome[] = [];
  for (const spec of specs) {
    const keys = await reading.keys(spec);
    outcomes.push(await runOne(deps, spec, { world, keys }, options));
  }
  return outcomes;
}

async function runOne(
  { engine, run }: RunDependencies,
  spec: TemplateSpec,
  { world, keys }: { readonly world: World; readonly keys: ReadonlyMap<string, string> },
  { dry, reload, signal }: RunOptions,
): Promise<TemplateOutcome> {
  const compiled = await compileTemplate(engine, spec);
  if (!compiled.ok) {
    const [problem, ...more] = compiled.problems;
    if (!problem) throw new Error(`${spec.source}: failed without a problem`);
    return { spec, outcome: { kind: 'failed', problem }, more };
  }
  let content: string;
  try {
    content = compiled.render({ world, keys: createKeyStore(keys) });
  } catch (error) {
    const problem = {
      subject: compiled.placeOf(error),
      what: `cannot be rendered: ${reasonOf(error)}`,
      hint: `correct the template; ${spec.destination} stays as it is, and Drover retries at the next change`,
    };
    return { spec, outcome: { kind: 'failed', problem }, more: [] };
  }
  const outcome = await keepFile(run, spec, content, { dry, reload: reload.has(spec.destination), signal });
  return { spec, outcome, more: [] };
}

/** Reads each path of the metadata once per run. */
function createReading(metadata: Pick<MetadataClient, 'get'>, version: string) {
  const read = new Map<string, Promise<unknown>>();
  const get = (path: string): Promise<unknown> => {
    const known = read.get(path) ?? metadata.get(path);
    read.set(path, known);
    return known;
  };
  return {
    world: async (): Promise<World> => worldOf(await get(`/${version}`)),
    keys: async ({ keys, prefix }: TemplateSpec): Promise<ReadonlyMap<string, string>> => {
      const under = prefix === '/' ? '' : cleanPath(prefix);
      const found = new Map<string, string>();
      for (const key of keys) {
        const path = cleanPath(`${under}/${key}`);
        const tree = await get(path);
        if (tree === null) continue;
        for (const [at, value] of flatten(path, tree)) found.set(at.slice(under.length) || '/', value);
      }
      return found;
    },
  };
}
