import type { IpRoute } from '../../../linux/index.ts';
import { CommandError, type RunCommand } from '../../../system/index.ts';

export type FoundRoute =
  | { readonly ok: true; readonly device: string; readonly text: string }
  | { readonly ok: false; readonly what: string };

/** The route that a packet of this host takes. `source`: the container that sends it; null: the host itself. */
export type ReadRoute = (address: string, source: string | null) => Promise<FoundRoute>;

/** `bridge`: the device on which packets of containers arrive; null: there is none yet. */
export function createReadRoute(run: RunCommand, bridge: () => string | null): ReadRoute {
  return async (address, source) => {
    const device = bridge();
    const from = source === null || device === null ? [] : ['from', source, 'iif', device];
    try {
      const [route] = JSON.parse(await run('ip', ['-json', 'route', 'get', address, ...from])) as readonly IpRoute[];
      const { dev = '', gateway } = route ?? {};
      return { ok: true, device: dev, text: `${gateway === undefined ? '' : `via ${gateway} `}on ${dev}` };
    } catch (error) {
      return { ok: false, what: reasonOf(error) };
    }
  };
}

/** The kernel says `Invalid argument` for a blackhole route. */
function reasonOf(error: unknown): string {
  if (!(error instanceof CommandError)) throw error;
  const { stderr } = error;
  if (stderr.includes('Invalid argument')) return 'packets are dropped: there is no tunnel that could encrypt them now';
  if (stderr.includes('unreachable')) return 'does not exist';
  return stderr.trim();
}
