import { execa } from 'execa';

/** The generator has this core; what is measured has the other one. */
export const WRK_CORE = '0';

export interface WrkOrder {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A Lua file that makes the requests. */
  readonly script?: string;
}

export interface WrkRun {
  readonly requests: number;
  readonly perSecond: number;
  readonly p99Ms: number;
  /** Replies that are neither 2xx nor 3xx, and connections that broke. */
  readonly errors: number;
}

/** Measures the highest request rate with wrk (scripts/fetch-peers) over persistent connections. */
export async function runWrk({ url, connections, seconds, headers = {}, script }: WrkOrder): Promise<WrkRun> {
  const load = ['-t', '1', '-c', String(connections), '-d', `${Math.max(1, Math.round(seconds))}s`, '--latency'];
  const lines = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const args = [...load, ...lines, ...(script ? ['-s', script] : []), url];
  const { stdout } = await execa('taskset', ['-c', WRK_CORE, '.tools/peers/start', 'wrk', ...args]);
  const number = (pattern: RegExp): number => Number(pattern.exec(stdout)?.[1] ?? 0);
  const [, value = '0', unit = 'ms'] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout) ?? [];
  return {
    requests: number(/(\d+) requests in/),
    perSecond: number(/Requests\/sec:\s+([\d.]+)/),
    p99Ms: Number(value) * ({ us: 0.001, ms: 1, s: 1_000 }[unit] ?? 1),
    errors: number(/Non-2xx or 3xx responses: (\d+)/) + number(/Socket errors:.*read (\d+)/),
  };
}
