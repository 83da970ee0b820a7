import { pino } from 'pino';
import type { Log } from '../../system/index.ts';

/** A log whose lines a test reads. */
export interface LogLines {
  readonly log: Log;
  /** `warn constant message`, in order. */
  readonly lines: readonly string[];
}

export function createLogLines(): LogLines {
  const lines: string[] = [];
  const write = (line: string): void => {
    const { level, msg } = JSON.parse(line) as { readonly level: number; readonly msg: string };
    lines.push(`${pino.levels.labels[level]} ${msg}`);
  };
  return { log: pino({ level: 'debug' }, { write }), lines };
}
