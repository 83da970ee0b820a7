import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bus, createEmbeddedBus } from '../../bus/index.ts';
import type { Problem } from '../../model/index.ts';
import type { Clock, Log } from '../../system/index.ts';
import type { Config } from '../config/config.ts';

export interface BusDependencies {
  readonly clock: Clock;
  readonly log: Log;
  /** `Liveness.hears`, once there is one. */
  readonly hears: (hostId: string) => boolean;
}

export interface OpenedBus {
  readonly bus: Bus;
  readonly problems: readonly Problem[];
}

/**
 * The bus of the configuration. If it cannot be opened (its file, its token), the result is a bus that never answers: the
 * host continues with its last known state, and status says why.
 */
export async function openBus(dependencies: BusDependencies, config: Config): Promise<OpenedBus> {
  try {
    return config.bus.driver === 'embedded'
      ? openEmbedded(dependencies, config)
      : { bus: await openConsul(dependencies, config), problems: [] };
  } catch (error) {
    dependencies.log.error({ err: error, driver: config.bus.driver }, 'bus cannot be opened');
    return { bus: absentBus(config.bus.driver, reasonOf(error)), problems: [] };
  }
}

function openEmbedded({ clock, log }: BusDependencies, { dataDir, environment }: Config): OpenedBus {
  const bus = createEmbeddedBus({ clock, log }, { path: join(dataDir, 'bus.db'), environment });
  return { bus, problems: bus.problems };
}

async function openConsul(dependencies: BusDependencies, { bus, dataDir, environment }: Config): Promise<Bus> {
  const { createConsulBus } = await import('../../bus/index.ts');
  const { addresses, tokenFile, token, caFile, certFile, keyFile, datacenter, ...rest } = bus.consul;
  const secret = tokenFile === null ? token : (await readFile(tokenFile, 'utf8')).trim();
  const optional = { token: secret, caFile, certFile, keyFile, datacenter };
  const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== null));
  const sessionFile = join(dataDir, 'consul-session');
  return createConsulBus(dependencies, { ...rest, ...given, address: addresses, environment, sessionFile });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

function absentBus(driver: string, problem: string): Bus {
  const refuse = (): Promise<never> => Promise.reject(new Error(problem));
  return {
    join: refuse,
    get: refuse,
    list: refuse,
    put: refuse,
    delete: refuse,
    lock: refuse,
    status: () => ({ driver, connected: false, problem, needsRestart: true, lastContactMs: null }),
    close: async () => {},
    watch: async function* (signal) {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    },
  };
}
