import { closeSync, openSync } from 'node:fs';
import { copyFile, open, rename, stat, truncate } from 'node:fs/promises';
import type { Clock } from '../../system/index.ts';

/**
 * The log file of a child. It is a file and not a pipe, because a child that outlives the agent keeps writing.
 */
export interface ChildOutput {
  readonly path: string;
  /** Opens the file for a child that is about to start; the caller closes it. A large file is renamed to `.1` first. */
  open(): Promise<{ readonly fd: number; close(): void }>;
  /** From here on `tail` reads; for a process that another program starts. */
  mark(): Promise<void>;
  /** The last lines written since `open` or `mark`, at most `lines`. */
  tail(lines: number): Promise<readonly string[]>;
  /** Truncates a file that has grown past `maxBytes`. Call it regularly. */
  trim(): Promise<void>;
}

const TAIL_BYTES = 8192;
const TRIM_INTERVAL_MS = 60_000;

export function createChildOutput(path: string, { maxBytes }: { readonly maxBytes: number }): ChildOutput {
  let openedAt = 0;
  const size = async (): Promise<number> => (await stat(path).catch(() => null))?.size ?? 0;
  const mark = async (): Promise<void> => {
    openedAt = await size();
  };

  return {
    path,
    open: async () => {
      if ((await size()) > maxBytes) await rename(path, `${path}.1`);
      await mark();
      const fd = openSync(path, 'a', 0o600);
      return { fd, close: () => closeSync(fd) };
    },
    mark,
    tail: async (lines) => {
      const text = await readEnd(path, openedAt);
      return text.split('\n').filter(Boolean).slice(-lines);
    },
    trim: async () => {
      if ((await size()) <= maxBytes) return;
      // The child appends (O_APPEND), so its next line is written at the new end.
      await copyFile(path, `${path}.1`);
      await truncate(path, 0);
      openedAt = 0;
    },
  };
}

/** Trims the files until `signal` aborts. */
export async function keepTrimmed(clock: Clock, outputs: readonly ChildOutput[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(TRIM_INTERVAL_MS, signal).catch(() => {});
    for (const output of outputs) await output.trim().catch(() => {});
  }
}

async function readEnd(path: string, from: number): Promise<string> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return '';
  try {
    const { size } = await file.stat();
    const start = Math.max(size < from ? 0 : from, size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
