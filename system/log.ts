import { createRequire } from 'node:module';
import { type DestinationStream, type Logger, pino } from 'pino';

/** Messages are constant, with variable parts in fields. Log a change of state once, not in every round. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error' | 'child'>;

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** `auto`: `pretty` on a terminal, else `json`. */
  readonly format: 'auto' | 'json' | 'pretty';
}

/** A logger that writes to standard error. Standard output is for results. */
export function createLog(component: string, { level, format }: LogOptions): Log {
  const pretty = format === 'pretty' || (format === 'auto' && process.stderr.isTTY);
  const stream = pretty ? prettyStream() : pino.destination({ dest: 2, sync: true });
  return pino({ level, base: { component, pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime }, stream);
}

/** Loaded on first use, because it loads slowly and servers rarely write to a terminal. */
function prettyStream(): DestinationStream {
  const { PinoPretty } = createRequire(import.meta.url)('pino-pretty') as typeof import('pino-pretty');
  return PinoPretty({ destination: 2, ignore: 'pid,hostname', sync: true });
}
