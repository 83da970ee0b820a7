import { setTimeout as sleep } from 'node:timers/promises';
import type { Io } from './io.ts';

/** A text to show again when its key changes, or why there is none at the moment. */
export type Seen =
  | { readonly ok: true; readonly key: string; readonly text: string }
  | { readonly ok: false; readonly why: string };

export interface WatchOptions {
  readonly signal: AbortSignal;
  /** How often the state is read; default 1 s. */
  readonly intervalMs?: number;
}

const CLEAR_SCREEN = '\u001b[H\u001b[2J';

/**
 * Shows a text each time its key changes. On a terminal it redraws the screen; else it prints the lines that are new, so that the
 * output can be searched and stored.
 */
export async function watch(
  io: Pick<Io, 'isTerminal' | 'print' | 'write' | 'warn'>,
  see: () => Promise<Seen>,
  { signal, intervalMs = 1_000 }: WatchOptions,
): Promise<void> {
  const show = io.isTerminal ? (text: string) => io.write(`${CLEAR_SCREEN}${text}\n`) : printNewLines(io);
  let last: string | null = null;
  while (!signal.aborted) {
    const seen = await see();
    const key = seen.ok ? `shown ${seen.key}` : `none ${seen.why}`;
    if (key !== last && seen.ok) show(seen.text);
    if (key !== last && !seen.ok) io.warn(seen.why);
    last = key;
    await sleep(intervalMs, undefined, { signal }).catch(() => {});
  }
}

/** A line that is only aligned in another way is not new. */
function printNewLines({ print }: Pick<Io, 'print'>): (text: string) => void {
  const plain = (line: string) => line.replaceAll(/ +/g, ' ');
  let before: ReadonlySet<string> = new Set();
  return (text) => {
    const lines = text.split('\n').filter((line) => line !== '');
    for (const line of lines) if (!before.has(plain(line))) print(line);
    before = new Set(lines.map(plain));
  };
}
