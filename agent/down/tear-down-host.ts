import Docker from 'dockerode';
import type { Problem } from '../../model/index.ts';
import { createFloor, createManagedRouting, createPortGuard, createServiceAddress } from '../../overlay/index.ts';
import { openBus } from '../bus/open-bus.ts';
import { createServers } from '../children/servers.ts';
import type { Config } from '../config/config.ts';
import { portBindingsFile } from '../config/paths.ts';
import { createHaproxyProcess } from '../health/haproxy-process.ts';
import { readHostId } from '../host/host-id.ts';
import { serviceAddressSettings } from '../network/overlay-settings.ts';
import { createBackends } from '../overlay/backends.ts';
import type { AgentDependencies } from '../parts/dependencies.ts';
import { tearDown } from './tear-down.ts';

/** Removes everything that an agent made on this host, without a running agent. */
export async function tearDownHost(
  { clock, log, run }: AgentDependencies,
  config: Config,
): Promise<readonly Problem[]> {
  // Otherwise systemd starts an agent that has crashed again. Where there is no such service, this fails.
  await run('systemctl', ['stop', 'drover.service']).catch(() => {});
  const hostId = await readHostId(config.dataDir);
  const docker = new Docker({ socketPath: config.docker.socket });
  const serviceAddress = createServiceAddress({ run, log }, serviceAddressSettings(config));
  const routing = createManagedRouting({ run, log });
  const guard = createPortGuard({ run, log, processId: () => null, bindingsFile: portBindingsFile(config) });
  // It only stops the servers, so it need not know how to start them.
  const program = () => ({ file: 'false', args: [] });
  const supervisor = createServers({ clock, log, serviceAddress, peers: null }, { config, program });
  const haproxy = createHaproxyProcess({ clock, log }, config);
  const opened = hostId === null ? null : await openBus({ clock, log, hears: () => false }, config);
  const deps = {
    docker,
    bus: opened?.bus ?? null,
    supervisor,
    haproxy,
    serviceAddress,
    routing,
    floor: createFloor({ run, log }),
    guard,
    backends: createBackends({ clock, log, run }, config),
    run,
    clock,
    log,
  };
  const { problems } = await tearDown(deps, { config, hostId });
  await opened?.bus.close();
  return problems;
}
