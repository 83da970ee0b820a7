import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ok, problem, type Result } from '../../model/index.ts';

const BUILD = new URL('build/', import.meta.url);
const COMPILE = 'Install gcc and libc6-dev, run dns/native/compile, and restart this process.';

/** Loads `build/NAME.node`, compiled from `NAME.c` at installation. The problem says why it is missing. */
export function loadAddon<T>(name: string): Result<T> {
  const file = new URL(`${name}.node`, BUILD);
  if (!existsSync(file)) return problem(`addon ${name}`, `is not compiled: ${reasonFor(name)}`, COMPILE);
  try {
    return ok(createRequire(import.meta.url)(file.pathname) as T);
  } catch (error) {
    return problem(`addon ${name}`, `cannot be loaded: ${firstLine(error)}`, COMPILE);
  }
}

/** The message that a failed compilation left. */
function reasonFor(name: string): string {
  const file = new URL(`${name}.problem`, BUILD);
  return existsSync(file)
    ? readFileSync(file, 'utf8').trim()
    : 'no C compiler was found, or install scripts were disabled';
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n')[0] ?? '';
}
