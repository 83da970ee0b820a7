import { fork } from 'node:child_process';
import { open, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createUnpacking, type Parcel } from './parcel.ts';
import type { ParsedAnswers } from './parse.ts';
import { parseFile, unreadable } from './parse-file.ts';

export type ReadAnswers = ParsedAnswers | { readonly ok: 'missing' };

/** What is parsed here and now; more would keep queries waiting. */
const SMALL_BYTES = 64 * 1024;
/** More is a mistake. */
const MAX_BYTES = 256e6;

export interface ReadingOptions {
  readonly signal: AbortSignal;
  /** Whether queries wait that a long parse would keep waiting. */
  readonly isServing: boolean;
}

/**
 * Reads an answers file: a large one in a process of its own, where it is YAML, for the memory that takes, or where queries
 * would wait. Rejects when the signal aborts.
 */
export async function readAnswers(path: string, { signal, isServing }: ReadingOptions): Promise<ReadAnswers> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  signal.throwIfAborted();
  if (found instanceof Error) {
    if (found.code === 'ENOENT') return { ok: 'missing' };
    return unreadable(path, `cannot be read: ${found.message}`, 'see whether this user may read it');
  }
  if (!found.isFile()) return unreadable(path, 'is no file', 'name an answers file');
  if (found.size > MAX_BYTES) return unreadable(path, 'has more than 256 MB', 'split it over several servers');
  const here = found.size <= SMALL_BYTES || (!isServing && (await looksLikeJson(path)));
  return here ? parseFile(path) : parseApart(path, signal);
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

const PROGRAM = fileURLToPath(new URL('./parse-apart.ts', import.meta.url));

async function parseApart(path: string, signal: AbortSignal): Promise<ParsedAnswers> {
  const child = fork(PROGRAM, [], { serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const { promise, resolve, reject } = Promise.withResolvers<ParsedAnswers>();
  const unpack = createUnpacking();
  child.on('message', (message: unknown) => {
    const parsed = unpack(message as Parcel);
    if (parsed) return resolve(parsed);
    // Queries that came meanwhile are answered first.
    setImmediate(() => child.connected && child.send(NEXT));
  });
  child.on('error', reject);
  child.once('exit', (code, by) => {
    const how = `ended early (${by ?? code})`;
    resolve(unreadable(path, `could not be parsed: its process ${how}`, 'see whether there is memory for it'));
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

const NEXT = { next: true };
