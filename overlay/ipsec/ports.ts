import type { Problem } from '../../model/index.ts';
import type { RunCommand } from '../../system/index.ts';

/** Who receives on a UDP port, of `ss`. */
export interface PortUse {
  readonly name: string;
  /** Null: a process of another namespace. */
  readonly pid: number | null;
}

export async function readPortUse(run: RunCommand, port: number, signal?: AbortSignal): Promise<readonly PortUse[]> {
  const text = await run('ss', ['-H', '-l', '-u', '-n', '-p', `sport = :${port}`], signal ? { signal } : {});
  return parsePortUse(text);
}

/** Pure. */
export function parsePortUse(text: string): readonly PortUse[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => {
    const [, name = 'another program', pid] = /\(\("([^"]*)",pid=(\d+)/.exec(line) ?? [];
    return { name, pid: pid === undefined ? null : Number(pid) };
  });
}

/** Null: nobody but the process `own` has it. */
export function portTaken(port: number, uses: readonly PortUse[], own: number | null): Problem | null {
  const other = uses.find(({ pid }) => pid === null || pid !== own);
  if (!other) return null;
  const { name, pid } = other;
  return {
    subject: `UDP port ${port}`,
    what: `is used by ${name}${pid === null ? '' : ` (pid ${pid})`}, so IPsec cannot start`,
    hint:
      name === 'charon'
        ? 'stop the other strongSwan: `systemctl disable --now strongswan-starter strongswan`'
        : 'stop that program, or choose another backend: `drover overlay use wireguard`',
  };
}
