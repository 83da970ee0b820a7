import { once } from 'node:events';
import { applyStep, KeptProgram, type Program, readTunnelDevice } from '../../linux/index.ts';
import { formatProblem, type Problem } from '../../model/index.ts';
import { type Clock, CommandError, type RunCommand } from '../../system/index.ts';
import type { Backend, DesiredTunnels } from '../backend/backend.ts';
import { createKeyFile, expectKey, type KeyFile } from '../keys/key-file.ts';
import { wireguardKeys } from '../keys/key-kinds.ts';
import { detectWireguard } from './detect.ts';
import { EndpointMemory } from './endpoint-memory.ts';
import { type ObservedWireguard, observeDevice, readStatus } from './observe.ts';
import { formatChange, planWireguard, type WireguardChange } from './plan.ts';
import { defaultWireguardSettings, type WireguardSettings } from './settings.ts';
import { trafficOf } from './traffic.ts';

export interface WireguardDependencies {
  readonly run: RunCommand;
  readonly clock: Clock;
  /** wireguard-go for the device of this slot. It runs only if the kernel has no WireGuard. */
  readonly program: Program;
}

export type WireguardOptions = Pick<WireguardSettings, 'slot' | 'keyFile'> & Partial<WireguardSettings>;

const START_TIMEOUT_MS = 5_000;

/** Packets to other hosts, encrypted, through the WireGuard of the kernel or through wireguard-go. */
export function createWireguard(
  deps: WireguardDependencies,
  options: WireguardOptions,
): Backend<ObservedWireguard, WireguardChange> {
  const settings = { ...defaultWireguardSettings(options.slot), ...options };
  const driver = new WireguardDriver(deps, settings);
  const { slot, device, port } = settings;
  return {
    name: 'wireguard',
    slot,
    device,
    port,
    overheadBytes: { 4: 60, 6: 80 },
    detect: (signal) => detectWireguard(deps.run, settings, signal),
    publicKey: () => driver.publicKey(),
    renewKey: () => driver.renewKey(),
    hop: () => ({ device, gateway: null }),
    applier: {
      chained: true,
      observe: (desired, signal) => driver.observe(desired, signal),
      plan: (desired, observed) => planWireguard(settings, desired, observed),
      apply: (change, signal) => driver.apply(change, signal),
      format: (change) => formatChange(settings, change),
    },
    run: (signal) => driver.run(signal),
    traffic: (signal) => driver.traffic(signal),
    remove: (signal) => driver.remove(signal),
  };
}

class WireguardDriver {
  readonly #deps;
  readonly #settings;
  readonly #keyFile: KeyFile;
  readonly #kept: KeptProgram;
  readonly #memory = new EndpointMemory();
  #isRunning = false;
  #desired: DesiredTunnels = { own: null, peers: [] };

  constructor(deps: WireguardDependencies, settings: WireguardSettings) {
    this.#deps = deps;
    this.#settings = settings;
    this.#keyFile = createKeyFile({ path: settings.keyFile, kind: wireguardKeys });
    this.#kept = new KeptProgram(deps.program);
  }

  async publicKey(): Promise<string> {
    return expectKey(await this.#keyFile.read()).publicKey;
  }

  async renewKey(): Promise<void> {
    expectKey(await this.#keyFile.renew());
  }

  async observe(desired: DesiredTunnels, signal?: AbortSignal): Promise<ObservedWireguard> {
    const { run } = this.#deps;
    this.#desired = desired;
    const found = await observeDevice(run, this.#settings, signal);
    const isProgram = found.link?.linkinfo?.info_kind === 'tun' && found.status !== null;
    // The one that an earlier agent started.
    if (this.#isRunning && desired.own !== null && isProgram) this.#kept.keep();
    const pair = desired.own === null ? null : await this.#keyFile.read();
    const needsAbility = desired.own !== null && found.link === null;
    return {
      ...found,
      publicKey: pair?.ok ? pair.value.publicKey : null,
      keyProblem: pair && !pair.ok ? pair.problem : null,
      isKept: this.#kept.isKept,
      programProblem: this.#kept.problem(),
      ability: needsAbility ? await detectWireguard(run, this.#settings, signal) : null,
      memory: this.#memory.learn(desired.peers, found.status),
    };
  }

  async apply(change: WireguardChange, signal?: AbortSignal): Promise<void> {
    const { run } = this.#deps;
    switch (change.kind) {
      case 'start program':
        return this.#start(signal);
      case 'remove':
        return this.remove(signal);
      case 'step':
        return applyStep(run, change.step, signal).catch(async (error: Error) => {
          if (change.undo) await applyStep(run, change.undo, signal).catch(() => {});
          throw withCause(error, this.#settings.port);
        });
      case 'set peers': {
        const { wg, device } = this.#settings;
        await run(wg, ['set', device, ...change.peers.flatMap(({ args }) => args)], signal ? { signal } : {});
        for (const { publicKey, desired } of change.peers)
          if (desired !== null) this.#memory.record(publicKey, desired);
      }
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#isRunning = true;
    if (!signal.aborted) await once(signal, 'abort');
    this.#isRunning = false;
    await this.#kept.close();
  }

  async traffic(signal?: AbortSignal): ReturnType<Backend['traffic']> {
    const status = await readStatus(this.#deps.run, this.#settings, signal);
    return trafficOf(this.#desired.peers, status, this.#deps.clock.now());
  }

  async remove(signal?: AbortSignal): Promise<void> {
    const { run } = this.#deps;
    const { device } = this.#settings;
    await this.#kept.stop();
    const { link } = await readTunnelDevice(run, device, signal);
    if (link?.linkinfo?.info_kind === 'wireguard')
      await run('ip', ['link', 'delete', device], signal ? { signal } : {});
    // A process that was killed leaves its socket.
    await run('rm', ['-f', `/run/wireguard/${device}.sock`], signal ? { signal } : {});
  }

  async #start(signal?: AbortSignal): Promise<void> {
    const { run, clock } = this.#deps;
    this.#kept.keep();
    const deadline = clock.monotonic() + START_TIMEOUT_MS;
    while ((await readStatus(run, this.#settings, signal)) === null) {
      if (clock.monotonic() > deadline) throw notStarted(this.#kept.problem());
      await clock.sleep(20, signal);
    }
  }
}

function notStarted(end: Problem | null): Error {
  return new Error(`wireguard-go does not start: ${end ? formatProblem(end) : 'it does not answer'}`);
}

function withCause(error: Error, port: number): Error {
  const isTaken = error instanceof CommandError && error.stderr.includes('Address already in use');
  if (!isTaken) return error;
  return new Error(`UDP port ${port} is in use by another program; find it: \`ss -lunp sport = :${port}\``, {
    cause: error,
  });
}
