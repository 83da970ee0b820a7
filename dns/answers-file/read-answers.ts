import { fork } from 'node:child_process';
import { open, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ParsedAnswers } from './parse.ts';
import { parseFile, unreadable } from './parse-file.ts';
import { createAssembly, type Part } from './transfer.ts';

export type ReadAnswers = ParsedAnswers | { readonly ok: 'missing' };

/** Parsed in this process; a larger file would delay queries. */
const SMALL_BYTES = 64 * 1024;
const MAX_BYTES = 256e6;

export interface ReadingOptions {
  readonly signal: AbortSignal;
  /** Whether the server answers queries, which a long parse would delay. */
  readonly isServing: boolean;
}

/**
 * Reads an answers file. A large file is parsed in a child process while the server answers queries; a large YAML file always
 * is, because parsing it takes much memory. docs/decisions/0019-answers-file.md has the measurements. Rejects when the signal
 * aborts.
 */
export async function readAnswers(path: string, { signal, isServing }: ReadingOptions): Promise<ReadAnswers> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  signal.throwIfAborted();
  if (found instanceof Error) {
    if (found.code === 'ENOENT') return { ok: 'missing' };
    return unreadable(path, `cannot be read: ${found.message}`, 'check that this user may read it');
  }
  if (!found.isFile()) return unreadable(path, 'is not a file', 'give the path of an answers file');
  if (found.size > MAX_BYTES) return unreadable(path, 'is larger than 256 MB', 'split it over several servers');
  const parseHere = found.size <= SMALL_BYTES || (!isServing && (await looksLikeJson(path)));
  return parseHere ? parseFile(path) : parseInChild(path, signal);
}

async function looksLikeJson(path: string): Promise<boolean> {
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64));
    return /^\s*\{/.test(buffer.toString('latin1', 0, bytesRead));
  } catch {
    return false;
  }
}

const PROGRAM = fileURLToPath(new URL('./parse-process.ts', import.meta.url));
const NEXT = { next: true };

async function parseInChild(path: string, signal: AbortSignal): Promise<ParsedAnswers> {
  const child = fork(PROGRAM, [], { serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const { promise, resolve, reject } = Promise.withResolvers<ParsedAnswers>();
  const assemble = createAssembly();
  child.on('message', (message: unknown) => {
    const parsed = assemble(message as Part);
    if (parsed) return resolve(parsed);
    // Queries that arrived meanwhile are answered first.
    setImmediate(() => child.connected && child.send(NEXT));
  });
  child.on('error', reject);
  child.once('exit', (code, by) => {
    const what = `could not be parsed: the parser process ended (${by ?? code})`;
    resolve(unreadable(path, what, 'check that there is enough memory'));
  });
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  child.send(path);
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', abort);
    child.kill('SIGKILL');
  }
}
