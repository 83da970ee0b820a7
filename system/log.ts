import { createRequire } from 'node:module';
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';

/** Messages are constant, with variable parts in fields. Log a change of state once, not in every round. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error' | 'child'>;

/** A log whose level can be changed. */
export type AdjustableLog = Log & Pick<Logger, 'level'>;

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** `auto`: `pretty` on a terminal, else `json`. */
  readonly format: 'auto' | 'json' | 'pretty';
}

/** A logger that writes to standard error. Standard output is for results. */
export function createLog(component: string, { level, format }: LogOptions): AdjustableLog {
  const pretty = format === 'pretty' || (format === 'auto' && process.stderr.isTTY);
  const stream = pretty ? prettyStream() : pino.destination({ dest: 2, sync: true });
  const options: LoggerOptions = {
    level,
    base: { component, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (name) => ({ level: name }) },
    serializers: { err: (error: unknown) => errorFields(error, log.level === 'debug') },
  };
  const log = pino(options, stream);
  return log;
}

/** An error as fields of a log line. The stack is for faults of Drover: an expected refusal needs only its message. */
function errorFields(error: unknown, always: boolean): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  const { code } = error as NodeJS.ErrnoException;
  return {
    type: name,
    message,
    ...(code === undefined ? {} : { code }),
    ...(cause === undefined ? {} : { cause: errorFields(cause, false) }),
    ...(always || isBug(error) ? { stack } : {}),
  };
}

/** Whether an error looks like a fault of the program, and not of what it works with. */
export function isBug(error: Error): boolean {
  // fetch() rejects with a TypeError, too. Its cause is the failed connection.
  if (error instanceof TypeError) return error.cause === undefined;
  return error instanceof ReferenceError || error instanceof RangeError;
}

const MAX_CHANGE_CHARS = 120;

/** A line that says what a change is; of a long one, such as an nft program, the beginning. */
export function shortenChange(change: string): string {
  if (change.length <= MAX_CHANGE_CHARS) return change;
  return `${change.slice(0, MAX_CHANGE_CHARS)}... (${change.length} characters)`;
}

/** Logs a change that was made; level debug has all of a long one. */
export function logChange(
  log: Pick<Log, 'info' | 'debug'>,
  fields: { readonly change: string; readonly applier?: string },
  message: string,
): void {
  const change = shortenChange(fields.change);
  log.info({ ...fields, change }, message);
  if (change !== fields.change) log.debug(fields, `${message}, in full`);
}

/** Loaded on first use, because it loads slowly and servers rarely write to a terminal. */
function prettyStream(): DestinationStream {
  const { PinoPretty } = createRequire(import.meta.url)('pino-pretty') as typeof import('pino-pretty');
  return PinoPretty({ destination: 2, ignore: 'pid,hostname', sync: true, translateTime: 'SYS:yyyy-mm-dd HH:MM:ss.l' });
}
