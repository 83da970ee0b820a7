import type { Clock, Log } from '../../system/index.ts';
import type { Bus } from '../bus.ts';

/** Another host as it is probed. */
export interface LivenessPeer {
  readonly hostId: string;
  readonly address: string;
  readonly port: number;
  /** `Host.incarnation`, as last published. */
  readonly incarnation: number;
}

export interface LivenessOptions {
  readonly hostId: string;
  /** `Host.incarnation` of this agent. */
  readonly incarnation: number;
  /** Packets of other environments are not heard. */
  readonly environmentUuid: string;
  /** Default `0.0.0.0`. */
  readonly address?: string;
  /** UDP, default 4250; 0: any. */
  readonly port?: number;
  /** All other hosts of the environment, also those that are marked down; asked at every round. */
  readonly peers: () => readonly LivenessPeer[];
  readonly signal: AbortSignal;
}

/** `heard`: a packet of late. `silent`: none, nobody accused. `suspect` / `down`: as the bus has it. */
export interface PeerLiveness {
  readonly hostId: string;
  readonly state: 'heard' | 'silent' | 'suspect' | 'down';
  /** Since the last packet; null if none was ever heard. */
  readonly silentMs: number | null;
}

export interface LivenessStatus {
  /** What is wrong with our own end, in words; null when we listen. */
  readonly problem: string | null;
  /** False while we hear too few to accuse anybody: more likely we are the ones who are cut off. */
  readonly voting: boolean;
  /** The hosts this one probes. */
  readonly probed: readonly PeerLiveness[];
}

export interface Liveness {
  /** UDP port once bound, null before. */
  port(): number | null;
  /** Whether a packet of this host came within the last seconds. For hosts that this one does not probe: false. */
  hears(hostId: string): boolean;
  status(): LivenessStatus;
  /** Idempotent; leaves no socket or timer. */
  close(): Promise<void>;
}

/** Watches over other hosts by UDP, and has the silent ones marked `down` on the bus. Never throws. */
export declare function startLiveness(
  dependencies: { readonly bus: Pick<Bus, 'watch' | 'put' | 'delete'>; readonly clock: Clock; readonly log: Log },
  options: LivenessOptions,
): Liveness;
