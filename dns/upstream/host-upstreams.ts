import { readFile } from 'node:fs/promises';
import type { Clock, Log } from '../../system/index.ts';
import { parseNameservers, usableNameservers } from './resolv-conf.ts';

export interface HostUpstreamsOptions {
  /** Addresses never asked: our own. */
  readonly never: readonly string[];
  /** Default `/etc/resolv.conf`, then systemd-resolved's and NetworkManager's own, which name the servers behind a stub. */
  readonly paths?: readonly string[];
  readonly refreshMs?: number;
  readonly signal: AbortSignal;
}

export interface HostUpstreams {
  /** The last list that was read; empty when there is none: nobody is asked by default. */
  current(): readonly string[];
}

const PATHS = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf', '/run/NetworkManager/no-stub-resolv.conf'];

/** The resolvers of this host: those of the first file that names a usable one, read again at an interval until `signal`. */
export async function hostUpstreams(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  { never, paths = PATHS, refreshMs = 5_000, signal }: HostUpstreamsOptions,
): Promise<HostUpstreams> {
  let current: readonly string[] | null = null;
  const refresh = async (): Promise<void> => {
    const read = await readUpstreams(paths, never);
    // A file that is just being replaced is empty for a moment.
    if (read.length === 0 && current !== null && current.length > 0) return;
    if (current !== null && current.join() === read.join()) return;
    current = read;
    if (read.length > 0) log.info({ upstreams: read }, 'the host has these upstream resolvers');
    else log.warn({ paths }, 'the host names no upstream resolver; set dns.upstreams');
  };
  const keep = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(refreshMs, signal);
      await refresh();
    }
  };
  await refresh();
  keep().catch(() => undefined);
  return { current: () => current ?? [] };
}

async function readUpstreams(paths: readonly string[], never: readonly string[]): Promise<readonly string[]> {
  for (const path of paths) {
    const text = await readFile(path, 'utf8').catch(() => '');
    const usable = usableNameservers(parseNameservers(text), never);
    if (usable.length > 0) return usable;
  }
  return [];
}
