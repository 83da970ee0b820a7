import { createLoadBalancer, type LoadBalancer } from '../../lb/index.ts';
import type { Config } from '../config/config.ts';
import type { AgentDependencies } from '../parts/dependencies.ts';
import type { Part } from '../parts/part.ts';
import { createLbProcess, lbFilesOf } from './lb-process.ts';

/** The load balancer of this host; null: the configuration switches it off. */
export function createLb(
  deps: AgentDependencies,
  config: Pick<Config, 'runDir' | 'lb'>,
  onChange: () => void,
): LoadBalancer | null {
  const { enabled, haproxy: command, ...settings } = config.lb;
  if (!enabled) return null;
  const process = createLbProcess(deps, config);
  const { directory } = lbFilesOf(config);
  return createLoadBalancer({ ...deps, process, onChange }, { ...settings, command, directory });
}

/** Certificates and configurations of the load balancer; the component does the rest. */
export function lbPart(balancer: LoadBalancer): Part {
  return async (signal, report) => {
    report.done();
    await balancer.run(signal);
  };
}
