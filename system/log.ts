import { createRequire } from 'node:module';
import { type DestinationStream, type Logger, pino } from 'pino';

/** Constant message, fields beside it; one line a change of state, not one a tick. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error' | 'child'>;

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** `auto`: pretty on a terminal, JSON elsewhere. */
  readonly format: 'auto' | 'json' | 'pretty';
}

/** A logger that writes to standard error, so that standard output stays for results. */
export function createLog(component: string, { level, format }: LogOptions): Log {
  const pretty = format === 'pretty' || (format === 'auto' && process.stderr.isTTY);
  const stream = pretty ? prettyStream() : pino.destination({ dest: 2, sync: true });
  return pino({ level, base: { component, pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime }, stream);
}

/** Loaded when needed, for it takes longer than the rest of a listing: a terminal is rarely what a server writes to. */
function prettyStream(): DestinationStream {
  const { PinoPretty } = createRequire(import.meta.url)('pino-pretty') as typeof import('pino-pretty');
  return PinoPretty({ destination: 2, ignore: 'pid,hostname', sync: true });
}
