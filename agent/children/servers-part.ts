import type { Clock, Log } from '../../system/index.ts';
import type { Config } from '../config/config.ts';
import type { Part } from '../parts/part.ts';
import { watchNamespace } from './servers.ts';
import type { Supervisor } from './supervisor.ts';

export interface ServersPartSettings {
  readonly config: Pick<Config, 'dns'>;
  /** Whether the service address, and with it the namespace, exists. */
  readonly isReady: () => boolean;
}

/** Keeps the servers running in their namespace once it exists. */
export function serversPart(
  deps: { readonly clock: Clock; readonly log: Log },
  supervisor: Supervisor,
  { config, isReady }: ServersPartSettings,
): Part {
  return async (signal, report) => {
    while (!isReady()) await deps.clock.sleep(20, signal);
    report.done();
    await Promise.all([supervisor.run(signal), watchNamespace(deps, supervisor, config.dns.namespace, signal)]);
  };
}
