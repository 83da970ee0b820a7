import type { Problem } from '../../../model/index.ts';
import { type Clock, createWakeUp, type Log } from '../../../system/index.ts';
import type { Session } from '../charon/session.ts';
import { type Vici, ViciError, ViciTimeout } from '../vici/client.ts';
import { textOf, type ViciMessage } from '../vici/message.ts';
import { connectionName, hostIdOf } from './connection.ts';
import { reasonOf } from './failure-reasons.ts';
import { planSas, type SaChange, type TunnelHistory, type WantedTunnel } from './plan-sas.ts';
import { parseSas } from './sas.ts';

/** Starts tunnels that are missing, and ends those that are not wanted. */
export interface TunnelKeeper {
  /** Works until `signal` aborts, and leaves the tunnels. */
  run(signal: AbortSignal): Promise<void>;
  /** What is wanted has changed. */
  wake(): void;
  /** Peers without a tunnel although one was tried. */
  failures(): readonly Problem[];
}

export interface TunnelSources {
  /** Null: not known yet. */
  readonly wanted: () => {
    readonly ownId: string;
    /** The kernel has a tunnel started when a packet needs it. */
    readonly isOnDemand: boolean;
    readonly tunnels: readonly WantedTunnel[];
  } | null;
  /** Loads everything into a charon that was not seen before. */
  readonly refresh: (signal: AbortSignal) => Promise<void>;
  /** Replaces charon. */
  readonly restart: () => Promise<void>;
}

/** Events tell when a tunnel ends, so that this is only a precaution. */
const IDLE_MS = 10_000;
const BUSY_MS = 500;
const RETRY_MS = 250;
/** Events of one moment are handled together. */
const GATHER_MS = 30;

export function createTunnelKeeper(
  deps: { readonly clock: Clock; readonly log: Log; readonly session: Session; readonly random: () => number },
  sources: TunnelSources,
): TunnelKeeper {
  return new Keeper(deps, sources);
}

class Keeper implements TunnelKeeper {
  readonly #deps;
  readonly #sources;
  readonly #wakeUp;
  readonly wake: () => void;
  #vici: Vici | null = null;
  #histories: ReadonlyMap<string, TunnelHistory> = new Map();
  #missing: ReadonlySet<string> = new Set();
  /** Ends the reading of charon's log. */
  #stopReading: (() => Promise<void>) | null = null;
  readonly #reasons = new Map<string, string>();

  constructor(deps: Parameters<typeof createTunnelKeeper>[0], sources: TunnelSources) {
    this.#deps = deps;
    this.#sources = sources;
    this.#wakeUp = createWakeUp(deps.clock);
    this.wake = this.#wakeUp.wake;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const pauseMs = await this.#pass(signal).catch((error: Error) => this.#recover(error, signal));
      await this.#wakeUp.wait(pauseMs, signal);
      await this.#wakeUp.pause(GATHER_MS, signal);
    }
    await this.#stopReading?.().catch(() => {});
    this.#stopReading = null;
    this.#vici = null;
  }

  failures(): readonly Problem[] {
    return [...this.#missing].flatMap((hostId) => {
      const { attempts = 0 } = this.#histories.get(hostId) ?? {};
      const reason = this.#reasons.get(hostId);
      if (reason === undefined && attempts < 3) return [];
      return [failureOf(hostId, reason)];
    });
  }

  /** A charon that hangs is replaced, as one that exits is. */
  async #recover(error: Error, signal: AbortSignal): Promise<number> {
    const { log } = this.#deps;
    if (error instanceof ViciTimeout) {
      log.warn({ err: error }, 'charon hangs, starting another one');
      await this.#sources.restart();
    } else if (!signal.aborted) log.debug({ err: error }, 'charon cannot be reached');
    return RETRY_MS;
  }

  /** Gives the time until the next pass. */
  async #pass(signal: AbortSignal): Promise<number> {
    const { clock, session, random } = this.#deps;
    const vici = await session.vici(signal);
    if (vici !== this.#vici) await this.#begin(vici, signal);
    const wanted = this.#sources.wanted();
    if (wanted === null) return IDLE_MS;
    const sas = parseSas(await vici.stream('list-sas', 'list-sa'));
    const { tunnels } = wanted;
    const { changes, histories, missing } = planSas({
      ...wanted,
      wanted: tunnels,
      sas,
      histories: this.#histories,
      nowMs: clock.monotonic(),
      random,
    });
    this.#histories = histories;
    this.#note(new Set(missing));
    await this.#readLog(vici, missing.length > 0);
    for (const change of changes) await this.#apply(vici, change);
    return missing.length > 0 || changes.length > 0 || tunnels.some(({ isSilent }) => isSilent) ? BUSY_MS : IDLE_MS;
  }

  async #begin(vici: Vici, signal: AbortSignal): Promise<void> {
    for (const event of ['ike-updown', 'child-updown']) await vici.listen(event, this.wake);
    void vici.closed.then(this.wake);
    await this.#sources.refresh(signal);
    this.#stopReading = null;
    this.#vici = vici;
  }

  async #apply(vici: Vici, change: SaChange): Promise<void> {
    this.#deps.log.debug({ change }, 'tunnel change');
    try {
      await vici.request(...requestOf(change));
    } catch (error) {
      // It has ended by itself meanwhile, or its connection was removed.
      if (!(error instanceof ViciError)) throw error;
      this.#deps.log.debug({ err: error }, 'tunnel change refused');
    }
  }

  #note(missing: ReadonlySet<string>): void {
    const { log } = this.#deps;
    for (const hostId of missing) if (!this.#missing.has(hostId)) log.info({ peer: hostId }, 'tunnel missing');
    for (const hostId of this.#missing) {
      if (missing.has(hostId)) continue;
      this.#reasons.delete(hostId);
      if (this.#histories.has(hostId)) log.info({ peer: hostId }, 'tunnel up');
    }
    this.#missing = missing;
  }

  /** charon says only in its log why a tunnel does not come up. Its lines cost, so they are read only while one is missing. */
  async #readLog(vici: Vici, isNeeded: boolean): Promise<void> {
    if (isNeeded === (this.#stopReading !== null)) return;
    if (isNeeded) this.#stopReading = await vici.listen('log', (line) => this.#hear(line));
    else {
      await this.#stopReading?.();
      this.#stopReading = null;
    }
  }

  #hear(line: ViciMessage): void {
    const hostId = hostIdOf(textOf(line, 'ikesa-name') ?? '');
    const reason = reasonOf(textOf(line, 'msg') ?? '');
    if (hostId !== null && reason !== null) this.#reasons.set(hostId, reason);
  }
}

function requestOf(change: SaChange): [command: string, message: ViciMessage] {
  switch (change.kind) {
    case 'initiate':
      return ['initiate', { ike: connectionName(change.hostId), child: change.child, timeout: '-1' }];
    case 'terminate':
      return ['terminate', { 'ike-id': String(change.id), force: 'yes', timeout: '-1' }];
    case 'terminate-child':
      return ['terminate', { 'child-id': String(change.id), force: 'yes', timeout: '-1' }];
  }
}

function failureOf(hostId: string, reason: string | undefined): Problem {
  return {
    subject: `IPsec to host ${hostId}`,
    what: `there is no tunnel: ${reason ?? 'it has not replied yet'}`,
    hint: `Drover tries again; run \`drover why path\` to see what stops it`,
  };
}
