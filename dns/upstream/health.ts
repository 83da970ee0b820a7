import type { Clock } from '../../system/index.ts';
import { formatUpstream, type Upstream } from './address.ts';

/** Remembers who failed lately, to ask them last; nobody is left out for ever. */
export interface UpstreamHealth {
  /** Those that answer first, each group in the order given. */
  order(upstreams: readonly Upstream[]): readonly Upstream[];
  failed(upstream: Upstream): void;
  worked(upstream: Upstream): void;
}

const PENALTY_MS = 10_000;

export function createUpstreamHealth({ clock }: { readonly clock: Clock }): UpstreamHealth {
  const failedAtMs = new Map<string, number>();
  const isSuspect = (upstream: Upstream) => {
    const at = failedAtMs.get(formatUpstream(upstream));
    return at !== undefined && clock.monotonic() - at < PENALTY_MS;
  };
  return {
    order: (upstreams) => [
      ...upstreams.filter((upstream) => !isSuspect(upstream)),
      ...upstreams.filter((upstream) => isSuspect(upstream)),
    ],
    failed: (upstream) => {
      if (failedAtMs.size >= 10_000) failedAtMs.clear();
      failedAtMs.set(formatUpstream(upstream), clock.monotonic());
    },
    worked: (upstream) => void failedAtMs.delete(formatUpstream(upstream)),
  };
}
