import Docker from 'dockerode';
import type { Problem } from '../../model/index.ts';
import type { Config } from '../config/config.ts';
import { readSavedView } from '../down/offline.ts';
import type { AgentDependencies } from '../parts/dependencies.ts';
import { createDoctor } from './doctor.ts';
import { scanHost } from './scan-host.ts';

/** The checks of `drover doctor` that need no running agent. */
export async function checkHost(deps: AgentDependencies, config: Config): Promise<readonly Problem[]> {
  const docker = new Docker({ socketPath: config.docker.socket });
  const scanned = await scanHost({ ...deps, docker }, config).catch(() => null);
  const view = scanned ?? readSavedView(config)?.view ?? null;
  return createDoctor({ ...deps, docker, view: () => view, status: null }, config)();
}
