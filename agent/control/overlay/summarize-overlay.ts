import type { BackendName, HostOverlay, Snapshot } from '../../../model/index.ts';

/** How the hosts of the environment reach each other. */
export interface OverlaySummary {
  /** Null: no host can do what is wanted, or no host has decided it yet. */
  readonly backend: BackendName | null;
  /** Why: `auto: every host can use it`. */
  readonly reason: string;
  /** What carries the packets on this host: `kernel`, `wireguard-go`. Null: this host cannot use the backend. */
  readonly means: string | null;
  /** Whether this host has not finished the last change of the backend or of the keys. */
  readonly isChanging: boolean;
}

/** `own` is what this host publishes. */
export function summarizeOverlay({ overlay: choice }: Pick<Snapshot, 'overlay'>, own: HostOverlay): OverlaySummary {
  if (choice === null) return { backend: null, reason: 'no host has decided yet', means: null, isChanging: true };
  const { backend, reason, generation } = choice;
  const means = own.abilities.find((ability) => ability.backend === backend)?.means ?? null;
  return { backend, reason, means, isChanging: means !== null && own.uses !== generation };
}
