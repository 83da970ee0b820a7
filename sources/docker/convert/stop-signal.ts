import { constants } from 'node:os';

const RTMIN = 34;
const RTMAX = 64;
export const SIGKILL = 9;
export const SIGTERM = 15;

/** The number of a signal in the notations of Docker (`SIGTERM`, `quit`, `15`, `SIGRTMIN+3`); null: no such signal. */
export function parseSignal(text: string): number | null {
  if (/^\d{1,2}$/.test(text)) return Number(text);
  const name = text.toUpperCase().replace(/^SIG/, '');
  const realTime = /^(RTMIN\+|RTMAX-)?(\d+|RTMIN|RTMAX)$/.exec(name);
  if (realTime) return parseRealTime(realTime[1] ?? '', realTime[2] ?? '');
  const known: Readonly<Record<string, number | undefined>> = constants.signals;
  return known[`SIG${name}`] ?? null;
}

function parseRealTime(from: string, offset: string): number | null {
  if (from === '') return offset === 'RTMIN' ? RTMIN : offset === 'RTMAX' ? RTMAX : null;
  const number = from === 'RTMIN+' ? RTMIN + Number(offset) : RTMAX - Number(offset);
  return number >= RTMIN && number <= RTMAX ? number : null;
}

/** What Docker waits after the stop signal before it kills, unless the container or the command sets another time. */
const STOP_TIMEOUT_SECONDS = 10;
const MARGIN_MS = 5_000;
const WITHOUT_LIMIT_MS = 600_000;
/** A day; timers overflow after 24 days. */
const LONGEST_SECONDS = 86_400;

/**
 * How long a container that was sent its stop signal counts as stopping. Docker kills at the end of the stop timeout, so what still
 * runs after that and a margin was not stopped: a reload by that signal, or a process that ignores it. `-1`: Docker never kills.
 */
export function stopPatienceMs(stopTimeoutSeconds: number | null | undefined): number {
  const seconds = stopTimeoutSeconds ?? STOP_TIMEOUT_SECONDS;
  return seconds < 0 ? WITHOUT_LIMIT_MS : Math.min(seconds, LONGEST_SECONDS) * 1000 + MARGIN_MS;
}
