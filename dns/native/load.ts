import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ok, problem, type Result } from '../../model/index.ts';

const BUILD = new URL('build/', import.meta.url);
const COMPILE = 'install gcc and libc6-dev, then run dns/native/compile and restart this process';

/** Loads `build/NAME.node`, compiled from `NAME.c` at installation; a problem says why there is none. */
export function loadAddon<T>(name: string): Result<T> {
  const file = new URL(`${name}.node`, BUILD);
  if (!existsSync(file)) return problem(`addon ${name}`, `it was not compiled: ${reasonFor(name)}`, COMPILE);
  try {
    return ok(createRequire(import.meta.url)(file.pathname) as T);
  } catch (error) {
    return problem(`addon ${name}`, `it cannot be loaded: ${firstLine(error)}`, COMPILE);
  }
}

/** What the compilation left behind. */
function reasonFor(name: string): string {
  const file = new URL(`${name}.problem`, BUILD);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : 'no C compiler was there, or install scripts were off';
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n')[0] ?? '';
}
