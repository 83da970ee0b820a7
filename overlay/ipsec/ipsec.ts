import { rm } from 'node:fs/promises';
import { applyStep, formatStep, type Program } from '../../linux/index.ts';
import { keepIdentical } from '../../reconcile/index.ts';
import { type Clock, createWakeUp, type Log, type RunCommand } from '../../system/index.ts';
import type { Backend, DesiredTunnels, TunnelTraffic } from '../backend/backend.ts';
import { expectKey } from '../keys/key-file.ts';
import { findCharon, readMeans, writeCharonFiles } from './charon/charon-files.ts';
import { type CredentialFile, createKeyCredential, createSecretCredential } from './charon/credential.ts';
import { createSession, type Session } from './charon/session.ts';
import {
  DEVICES,
  defaultIpsecSettings,
  type IpsecMeans,
  type IpsecOptions,
  type IpsecSettings,
} from './charon/settings.ts';
import { detectIpsec, detectMeans } from './detect.ts';
import { type IpsecSources, type ObservedIpsec, observeIpsec } from './observe.ts';
import { formatChange, type IpsecChange, planIpsec } from './plan.ts';
import { portTaken, readPortUse } from './ports.ts';
import { removeTraces } from './remove-traces.ts';
import { resolvePeers } from './tunnels/connection.ts';
import { createTunnelKeeper, type TunnelKeeper, type TunnelSources } from './tunnels/keep-tunnels.ts';
import { LoadedConnections } from './tunnels/loaded-connections.ts';
import { parseSas, trafficOf } from './tunnels/sas.ts';

export interface IpsecDependencies {
  readonly run: RunCommand;
  /** charon, started by `charonCommand`. */
  readonly program: Program;
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1). */
  readonly random?: () => number;
}

/**
 * Packets to other hosts in ESP, with keys that charon (strongSwan) agrees by IKEv2. Each host has a key pair of its own. The kernel encrypts
 * them if it can; else charon does, in its own process.
 */
export function createIpsec(deps: IpsecDependencies, options: IpsecOptions): Backend<ObservedIpsec, IpsecChange> {
  return new Ipsec(deps, { ...defaultIpsecSettings, ...options });
}

const PORT_POLL_MS = 1_000;
const RETRY_MS = 1_000;

class Ipsec implements Backend<ObservedIpsec, IpsecChange> {
  readonly name = 'ipsec';
  readonly slot = 0;
  readonly port: number;
  /** ESP in UDP in a tunnel: outer header, UDP 8, ESP 8, IV 8, padding 2 to 5, ICV 16. */
  readonly overheadBytes = { 4: 66, 6: 86 };
  readonly applier: Backend<ObservedIpsec, IpsecChange>['applier'];
  readonly #deps;
  readonly #settings: IpsecSettings;
  readonly #credentials: CredentialFile;
  readonly #session: Session;
  readonly #loaded: LoadedConnections;
  readonly #keeper: TunnelKeeper;
  readonly #changed;
  #desired: DesiredTunnels | null = null;
  #ownKey: string | null = null;
  #means: IpsecMeans = 'kernel-libipsec';
  #device: string | null = null;
  #working: { readonly end: AbortController; readonly life: Promise<void> } | null = null;
  /** While nothing changes, passes over the tunnels use the same connections. */
  readonly #connections = keepIdentical((desired: DesiredTunnels | null, key: string | null, means: IpsecMeans) =>
    desired?.own && key !== null
      ? [...resolvePeers(this.#settings, means, desired.own, key, desired.peers).connections.values()]
      : [],
  );

  constructor(deps: IpsecDependencies, settings: IpsecSettings) {
    const { clock, log, random = Math.random } = deps;
    this.#deps = deps;
    this.#settings = settings;
    this.port = settings.port;
    const { keyFile, secretFile } = settings;
    this.#credentials = secretFile === null ? createKeyCredential(keyFile) : createSecretCredential(secretFile);
    this.#session = createSession(settings);
    this.#loaded = new LoadedConnections(clock);
    this.#changed = createWakeUp(clock);
    this.#keeper = createTunnelKeeper(
      { clock, log, session: this.#session, random },
      {
        wanted: () => this.#wanted(),
        refresh: (signal) => this.#refresh(signal),
        restart: () => deps.program.stop(),
      },
    );
    this.applier = {
      observe: (desired, signal) => this.#observe(desired, signal),
      plan: (desired, observed) => planIpsec(settings, desired, observed),
      apply: (change, signal) => this.#apply(change, signal),
      format: (change) => formatChange(change, formatStep),
    };
  }
  get device(): string {
    return this.#device ?? DEVICES[this.#means];
  }

  detect(signal?: AbortSignal): ReturnType<Backend['detect']> {
    return detectIpsec(this.#deps, this.#settings, signal);
  }

  async publicKey(): Promise<string> {
    return expectKey(await this.#credentials.read()).publicKey;
  }

  async renewKey(): Promise<void> {
    await this.#credentials.renew();
  }

  hop(): { readonly device: string; readonly gateway: null } {
    return { device: this.device, gateway: null };
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (!this.#desired?.own) await this.#changed.wait(null, signal);
      else {
        const end = new AbortController();
        this.#working = { end, life: this.#work(AbortSignal.any([signal, end.signal])) };
        await this.#working.life;
      }
    }
  }

  async traffic(signal?: AbortSignal): Promise<ReadonlyMap<string, TunnelTraffic>> {
    const vici = await this.#session.vici(signal).catch(() => null);
    return vici === null ? new Map() : trafficOf(parseSas(await vici.stream('list-sas', 'list-sa')));
  }

  async remove(signal?: AbortSignal): Promise<void> {
    const { run, program } = this.#deps;
    const { runDir } = this.#settings;
    this.#desired = { own: null, peers: [] };
    this.#working?.end.abort();
    await this.#working?.life;
    const means = await readMeans(runDir);
    await program.stop();
    this.#session.close();
    await removeTraces(run, means === 'kernel' ? DEVICES.kernel : null, signal);
    await rm(runDir, { recursive: true, force: true });
  }

  /** Keeps charon and the tunnels. */
  async #work(signal: AbortSignal): Promise<void> {
    const { run, program, clock, log } = this.#deps;
    const { runDir } = this.#settings;
    try {
      const isRunning = (await findCharon(runDir)) !== null;
      if (!isRunning) await this.#untilPortIsFree(signal);
      const means = (isRunning ? await readMeans(runDir) : null) ?? (await detectMeans(run, signal));
      await writeCharonFiles(this.#settings, means);
      await Promise.all([program.run(signal), this.#keeper.run(signal)]);
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ err: error }, 'charon cannot be started, trying again');
      await clock.sleep(RETRY_MS, signal).catch(() => {});
    } finally {
      this.#session.close();
    }
  }

  async #untilPortIsFree(signal: AbortSignal): Promise<void> {
    const { run, clock } = this.#deps;
    const { port } = this.#settings;
    while (portTaken(port, await readPortUse(run, port, signal), null)) await clock.sleep(PORT_POLL_MS, signal);
  }

  async #observe(desired: DesiredTunnels, signal?: AbortSignal): Promise<ObservedIpsec> {
    const { run, program } = this.#deps;
    this.#want(desired);
    const sources: IpsecSources = {
      run,
      session: this.#session,
      loaded: this.#loaded,
      credentials: this.#credentials,
      charonProblem: () => (program.pid() === null ? program.lastEnd() : null),
      failures: () => this.#keeper.failures(),
    };
    const observed = await observeIpsec(sources, this.#settings, desired, signal);
    if (observed.charon) {
      this.#ownKey = observed.charon.credential.publicKey;
      this.#means = observed.charon.means;
      this.#device = observed.charon.link?.ifname ?? this.#device;
    }
    return observed;
  }

  #want(desired: DesiredTunnels): void {
    if (desired === this.#desired) return;
    this.#desired = desired;
    this.#changed.wake();
    this.#keeper.wake();
  }

  #wanted(): ReturnType<TunnelSources['wanted']> {
    const desired = this.#desired;
    if (!desired?.own || this.#ownKey === null) return null;
    const silent = new Set(desired.peers.filter(({ isSilent }) => isSilent).map(({ hostId }) => hostId));
    const connections = this.#connections(desired, this.#ownKey, this.#means);
    return {
      ownId: desired.own.hostId,
      isOnDemand: this.#means === 'kernel',
      tunnels: connections.map(({ hostId, child }) => ({ hostId, child, isSilent: silent.has(hostId) })),
    };
  }

  /** Loads everything into a charon that has just started, without waiting for the next pass. */
  async #refresh(signal: AbortSignal): Promise<void> {
    const desired = this.#desired;
    if (!desired?.own) return;
    const { changes } = planIpsec(this.#settings, desired, await this.#observe(desired, signal));
    for (const change of changes) await this.#apply(change, signal);
  }

  async #apply(change: IpsecChange, signal: AbortSignal): Promise<void> {
    const { run } = this.#deps;
    if (change.kind === 'step') return applyStep(run, change.step, signal);
    if (change.kind === 'remove') return this.remove(signal);
    if (change.kind === 'restart') return this.#deps.program.stop();
    const vici = await this.#session.vici(signal);
    if (change.kind === 'load') await this.#loaded.load(vici, change.connections);
    else if (change.kind === 'unload') await this.#loaded.unload(vici, change.hostIds);
    else if (change.kind === 'unload-credential') await this.#credentials.unload(vici, change.id);
    else await this.#credentials.load(vici, expectKey(await this.#credentials.read()));
    this.#keeper.wake();
  }
}
