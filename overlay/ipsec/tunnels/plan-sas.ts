import type { IkeSa } from './sas.ts';

/** One peer, as tunnels are kept to it. */
export interface WantedTunnel {
  readonly hostId: string;
  /** Name of the CHILD_SA that should carry its packets. */
  readonly child: string;
  readonly isSilent: boolean;
}

/** What was tried for a peer so far. */
export interface TunnelHistory {
  /** When it was first seen without a tunnel; null: it has one. */
  readonly missingSinceMs: number | null;
  /** Starts in a row without a tunnel. */
  readonly attempts: number;
  readonly lastAttemptMs: number;
  /** CHILD_SA of the last start. */
  readonly attempted: string;
  /** Renewals in a row because the peer was silent. */
  readonly renewals: number;
  readonly lastRenewalMs: number;
}

export type SaChange =
  | { readonly kind: 'initiate'; readonly hostId: string; readonly child: string }
  | { readonly kind: 'terminate'; readonly hostId: string; readonly id: number; readonly why: string }
  | { readonly kind: 'terminate-child'; readonly hostId: string; readonly id: number };

export interface SaPlan {
  readonly changes: readonly SaChange[];
  readonly histories: ReadonlyMap<string, TunnelHistory>;
  /** Peers without a tunnel. */
  readonly missing: readonly string[];
}

export interface SaSituation {
  readonly ownId: string;
  /** Tunnels are started when packets need them, by others. */
  readonly isOnDemand: boolean;
  readonly wanted: readonly WantedTunnel[];
  readonly sas: readonly IkeSa[];
  readonly histories: ReadonlyMap<string, TunnelHistory>;
  readonly nowMs: number;
  /** In [0, 1), for each peer: spreads the starts. */
  readonly random: (hostId: string) => number;
}

/** So many starts at the same time: a mass reboot is no storm. */
const MAX_STARTS = 10;
/** A start that is not finished by then waits for a peer that does not reply, and takes no other's place. */
const START_MS = 2_000;
/** The host with the higher id gives the other one this long to start. */
const YIELD_MS = 1_500;
const JITTER_MS = 500;
const MAX_PAUSE_MS = 4_000;
/** Of two tunnels of a pair, both ends have chosen one by then. */
const SETTLED_SECONDS = 5;
const RENEWAL_MS = 10_000;
const MAX_RENEWAL_MS = 300_000;

const NO_HISTORY: TunnelHistory = {
  missingSinceMs: null,
  attempts: 0,
  lastAttemptMs: Number.NEGATIVE_INFINITY,
  attempted: '',
  renewals: 0,
  lastRenewalMs: Number.NEGATIVE_INFINITY,
};

/** Which tunnels to start and to end. Nothing is ever given up. Pure. */
export function planSas(situation: SaSituation): SaPlan {
  const { wanted, sas, nowMs, isOnDemand } = situation;
  const byPeer = Map.groupBy(sas, ({ hostId }) => hostId);
  const histories = new Map<string, TunnelHistory>();
  const changes: SaChange[] = [];
  const due: WantedTunnel[] = [];
  const missing: string[] = [];
  for (const tunnel of wanted) {
    const own = byPeer.get(tunnel.hostId) ?? [];
    const before = situation.histories.get(tunnel.hostId) ?? NO_HISTORY;
    const carrying = own.filter((sa) => carries(sa, tunnel));
    const history = carrying.length > 0 ? withTunnel(before, tunnel) : withoutTunnel(before, nowMs);
    histories.set(tunnel.hostId, history);
    if (carrying.length === 0) {
      if (isOnDemand) continue;
      missing.push(tunnel.hostId);
      const isStarting = own.some(isStart) && history.attempted === tunnel.child;
      if (!isStarting && isDue(situation, tunnel, history)) due.push(tunnel);
    } else if (tunnel.isSilent && mayRenew(history, carrying, nowMs)) {
      histories.set(tunnel.hostId, { ...history, renewals: history.renewals + 1, lastRenewalMs: nowMs });
      changes.push(...own.map((sa) => terminate(sa, 'the peer is silent')));
    } else changes.push(...endOutdated(situation.ownId, tunnel, own, carrying));
  }
  const starting = [...histories].filter(
    ([hostId, { lastAttemptMs }]) => nowMs - lastAttemptMs < START_MS && (byPeer.get(hostId) ?? []).some(isStart),
  );
  const earliest = due.toSorted((a, b) => attemptOf(histories, a) - attemptOf(histories, b));
  for (const { hostId, child } of earliest.slice(0, Math.max(0, MAX_STARTS - starting.length))) {
    const history = histories.get(hostId) ?? NO_HISTORY;
    histories.set(hostId, { ...history, attempts: history.attempts + 1, lastAttemptMs: nowMs, attempted: child });
    // A start that charon still has is for an address or a key that has changed meanwhile.
    changes.push(...(byPeer.get(hostId) ?? []).filter(isStart).map((sa) => terminate(sa, 'the peer has changed')));
    changes.push({ kind: 'initiate', hostId, child });
  }
  return { changes, histories, missing };
}

/** With a CHILD_SA of the wanted name that takes packets, also while its keys are renewed. */
export function carries({ state, children }: IkeSa, { child }: Pick<WantedTunnel, 'child'>): boolean {
  const isUp = state === 'ESTABLISHED' || state === 'REKEYING';
  return isUp && children.some((one) => one.name === child && /^(INSTALLED|REKEY|UPDATING)/.test(one.state));
}

function isStart({ state, isInitiator }: IkeSa): boolean {
  return state === 'CONNECTING' && isInitiator;
}

function withTunnel(history: TunnelHistory, { isSilent }: WantedTunnel): TunnelHistory {
  return { ...history, missingSinceMs: null, attempts: 0, ...(isSilent ? {} : { renewals: 0 }) };
}

function withoutTunnel(history: TunnelHistory, nowMs: number): TunnelHistory {
  return { ...history, missingSinceMs: history.missingSinceMs ?? nowMs };
}

function isDue(
  { ownId, nowMs, random }: SaSituation,
  { hostId, child }: WantedTunnel,
  history: TunnelHistory,
): boolean {
  const { missingSinceMs, attempts, lastAttemptMs, attempted } = history;
  const jitter = random(hostId) * JITTER_MS;
  const yieldMs = ownId < hostId ? 0 : YIELD_MS + jitter;
  if (nowMs - (missingSinceMs ?? nowMs) < yieldMs) return false;
  const pauseMs = attempted === child ? Math.min(MAX_PAUSE_MS, 500 * 2 ** attempts) + jitter : 0;
  return nowMs - lastAttemptMs >= pauseMs;
}

function mayRenew({ renewals, lastRenewalMs }: TunnelHistory, carrying: readonly IkeSa[], nowMs: number): boolean {
  const pauseMs = Math.min(MAX_RENEWAL_MS, RENEWAL_MS * 2 ** renewals);
  const isOld = carrying.every(({ ageSeconds }) => ageSeconds * 1000 >= RENEWAL_MS);
  return isOld && nowMs - lastRenewalMs >= pauseMs;
}

/**
 * Ends what is left of earlier settings of the peer, now that its new tunnel carries packets, and second tunnels, which remain if both ends
 * have started one at the same time: the host with the lower id keeps the newest.
 */
function endOutdated(
  ownId: string,
  { hostId, child }: WantedTunnel,
  own: readonly IkeSa[],
  carrying: readonly IkeSa[],
): readonly SaChange[] {
  const newest = Math.max(...carrying.map(({ id }) => id));
  const isSettled = carrying.every(({ ageSeconds }) => ageSeconds >= SETTLED_SECONDS);
  const decides = ownId < hostId && isSettled;
  return own.flatMap((sa): SaChange[] => {
    if (carrying.includes(sa)) {
      if (sa.id !== newest && decides) return [terminate(sa, 'there is a newer one')];
      const old = sa.children.filter(({ name, state }) => name !== child && state === 'INSTALLED');
      return old.map(({ id }) => ({ kind: 'terminate-child', hostId, id }));
    }
    const isOutdated = sa.state === 'ESTABLISHED' && sa.children.some(({ name }) => name !== child);
    return isOutdated ? [terminate(sa, 'the peer has changed')] : [];
  });
}

function terminate({ hostId, id }: IkeSa, why: string): SaChange {
  return { kind: 'terminate', hostId, id, why };
}

function attemptOf(histories: ReadonlyMap<string, TunnelHistory>, { hostId }: WantedTunnel): number {
  return histories.get(hostId)?.lastAttemptMs ?? Number.NEGATIVE_INFINITY;
}
