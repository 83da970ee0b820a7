import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** A test that imports one of these, itself or by way of others, needs more than pure code. */
const REAL = /^(node:child_process|node:dgram|node:net|node:http|execa|dockerode)$/;
const REAL_FILES = /^test\/support\/(test-host|engine|daemon|agent|consul)\b/;

export interface ImportGraph {
  /** Test files that start no program and open no socket, each with the distance (imports in between) to `file`, nearest first. */
  pureTestsOf(file: string): readonly { readonly test: string; readonly distance: number }[];
}

/** Reads all TypeScript files below a checkout. */
export function readImportGraph(root: string, folders: readonly string[]): ImportGraph {
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name)),
  );
  const imports = new Map(files.map((file) => [file, importsOf(readFileSync(join(root, file), 'utf8'))]));
  const local = new Map(
    [...imports].map(([file, names]) => [
      file,
      names.filter((name) => name.startsWith('.')).map((name) => normalize(join(dirname(file), name))),
    ]),
  );
  const tests = files.filter((file) => file.startsWith('test/') && file.endsWith('.test.ts'));
  const pure = tests.filter((test) => !isReal(test));

  function isReal(test: string): boolean {
    const own = [...distances(test, (file) => file.startsWith('test/')).keys()];
    return own.some((file) => REAL_FILES.test(file) || imports.get(file)?.some((name) => REAL.test(name)));
  }

  function distances(from: string, follow: (file: string) => boolean): ReadonlyMap<string, number> {
    const found = new Map([[from, 0]]);
    for (const [file, distance] of found)
      for (const next of local.get(file) ?? [])
        if (!found.has(next) && imports.has(next) && follow(next)) found.set(next, distance + 1);
    return found;
  }

  const reach = new Map(pure.map((test) => [test, distances(test, () => true)]));
  return {
    pureTestsOf: (file) =>
      [...reach]
        .flatMap(([test, distance]) => (distance.has(file) ? [{ test, distance: distance.get(file) ?? 0 }] : []))
        .toSorted((a, b) => a.distance - b.distance),
  };
}

function importsOf(text: string): readonly string[] {
  return [...text.matchAll(/^(?:import|export)\s(?!type\s)[^;]*?from '([^']+)'|^import '([^']+)'/gm)].map(
    (match) => match[1] ?? match[2] ?? '',
  );
}
