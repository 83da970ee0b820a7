/** A server as the running HAProxy has it. */
export interface RunningServer {
  readonly name: string;
  readonly weight: number;
  /** In maintenance: it gets no new request. */
  readonly isOut: boolean;
}

/** Servers by name, by name of the backend. */
export type RunningServers = ReadonlyMap<string, ReadonlyMap<string, RunningServer>>;

const STATE_HEADER = /^# be_id be_name /gm;
/** Columns of `show servers state`, version 1. */
const [BACKEND, NAME, ADMIN_STATE, WEIGHT, COLUMNS] = [1, 3, 6, 7, 20];
const FORCED_MAINTENANCE = 1;

/**
 * Parses the replies to `show servers state`, once for each of `backends` or once for all (null), among other replies. A backend that
 * does not exist is missing from the result. Null: the reply was cut short.
 */
export function parseServersState(reply: string, backends: readonly string[] | null): RunningServers | null {
  const expected = backends?.length ?? 1;
  const missing = reply.match(/^Can't find backend\./gm)?.length ?? 0;
  if (!reply.endsWith('\n\n') || (reply.match(STATE_HEADER)?.length ?? 0) + missing !== expected) return null;
  const found = new Map<string, Map<string, RunningServer>>();
  if (missing === 0) for (const name of backends ?? []) found.set(name, new Map());
  for (const line of reply.split('\n')) {
    const fields = line.split(' ');
    if (fields.length < COLUMNS || !/^\d+$/.test(fields[0] ?? '')) continue;
    const [backend = '', name = ''] = [fields[BACKEND], fields[NAME]];
    const servers = found.get(backend) ?? new Map<string, RunningServer>();
    const isOut = (Number(fields[ADMIN_STATE]) & FORCED_MAINTENANCE) !== 0;
    found.set(backend, servers.set(name, { name, weight: Number(fields[WEIGHT]), isOut }));
  }
  return found;
}

export interface WorkerInfo {
  readonly pid: number;
  /** Null: it was not started by Drover. */
  readonly structure: string | null;
}

/** Parses `show info`, among other replies. Null: it was cut short. */
export function parseInfo(reply: string): WorkerInfo | null {
  const pid = Number(/^Pid: (\d+)$/m.exec(reply)?.[1]);
  const description = /^description: (.*)$/m.exec(reply)?.[1];
  if (!(pid > 0) || description === undefined) return null;
  return { pid, structure: /^drover-(\S+)$/.exec(description)?.[1] ?? null };
}

/** The workers that `show proc` lists as old. Null: it was cut short. */
export function parseOldWorkers(reply: string): readonly number[] | null {
  const [, rest] = reply.split('# old workers\n');
  if (!reply.includes('# programs\n')) return null;
  return [...(rest ?? '').matchAll(/^(\d+)\s+worker\s/gm)].map(([, pid]) => Number(pid));
}

/** What `haproxy -c` refuses: line of the candidate (null: it names none) and message. */
export interface Refusal {
  readonly line: number | null;
  readonly message: string;
}

/** Parses the alerts of `haproxy -c`. */
export function parseRefusals(output: string): readonly Refusal[] {
  return output
    .split('\n')
    .flatMap((text) => /^\[ALERT\]\s+\(\d+\) : (?:config : )?(.*)$/.exec(text)?.[1] ?? [])
    .filter((text) => !/^(Error\(s\) found|Fatal errors found)/.test(text))
    .map((text) => {
      const [, line] = /\[[^\]]*candidate\.cfg:(\d+)\]/.exec(text) ?? [];
      const message = text.replace(/^parsing /, '').replace(/\[[^\]]*candidate\.cfg:\d+\]\s*:?\s*/g, '');
      return { line: line === undefined ? null : Number(line), message };
    });
}

/** The ports of a configuration that Drover wrote. */
export function boundPorts(config: string): ReadonlySet<number> {
  return new Set([...config.matchAll(/^\s*bind \S*?:(\d+)\b/gm)].map(([, port]) => Number(port)));
}

/** The lines of each reply to commands of one line: an empty line ends each. */
export function parseBlocks(reply: string): readonly (readonly string[])[] {
  const blocks: string[][] = [];
  let lines: string[] = [];
  for (const line of reply.split('\n').slice(0, -1)) {
    if (line !== '') lines.push(line);
    else {
      blocks.push(lines);
      lines = [];
    }
  }
  return blocks;
}

/** The files of `show map`. */
export function parseMapFiles(reply: string): readonly string[] {
  return [...reply.matchAll(/^-?\d+ \((.*?)\) /gm)].map(([, file = '']) => file);
}

/** The entries of `show map FILE`. */
export function parseMapEntries(lines: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    lines.flatMap((line) => {
      const [address = '', key = '', value = ''] = line.split(' ');
      return address.startsWith('0x') ? [[key, value] as const] : [];
    }),
  );
}
