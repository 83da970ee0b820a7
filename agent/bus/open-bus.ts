import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createEmbeddedBus } from '../../bus/index.ts';
import { isVoteAboutOthers } from '../../healthcheck/index.ts';
import type { Clock, Log } from '../../system/index.ts';
import type { Config } from '../config/config.ts';
import { createLateBus, type OpenedBus } from './late-bus.ts';

export interface BusDependencies {
  readonly clock: Clock;
  readonly log: Log;
  /** `Liveness.hears`, once there is one. */
  readonly hears: (hostId: string) => boolean;
}

/**
 * The bus of the configuration. If it cannot be opened (its file, its token), it is opened later; until then the host continues
 * with its last known state, and status says why.
 */
export async function openBus(dependencies: BusDependencies, config: Config): Promise<OpenedBus> {
  const { driver } = config.bus;
  const open = async (): Promise<OpenedBus> =>
    driver === 'embedded' ? openEmbedded(dependencies, config) : openConsul(dependencies, config);
  try {
    return await open();
  } catch (error) {
    dependencies.log.error({ err: error, driver }, 'bus cannot be opened');
    return createLateBus(dependencies, { driver, error, open });
  }
}

function openEmbedded({ clock, log }: BusDependencies, { dataDir, environment }: Config): OpenedBus {
  const bus = createEmbeddedBus({ clock, log }, { path: join(dataDir, 'bus.db'), environment });
  return { bus, problems: () => bus.problems };
}

async function openConsul(dependencies: BusDependencies, { bus, dataDir, environment }: Config): Promise<OpenedBus> {
  const { createConsulBus } = await import('../../bus/index.ts');
  const { addresses, tokenFile, token, caFile, certFile, keyFile, datacenter, ...rest } = bus.consul;
  const secret = tokenFile === null ? token : (await readFile(tokenFile, 'utf8')).trim();
  const optional = { token: secret, caFile, certFile, keyFile, datacenter };
  const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== null));
  const sessionFile = join(dataDir, 'consul-session');
  const settings = { ...rest, ...given, address: addresses, environment, sessionFile };
  return { bus: createConsulBus({ ...dependencies, isTransient: isVoteAboutOthers }, settings), problems: () => [] };
}
