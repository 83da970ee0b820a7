import type { Clock, Log } from '../../system/index.ts';
import type { Bus } from '../bus.ts';
import { type ConsulOptions, consulSchema } from './schema.ts';

export { type ConsulOptions, type ConsulSettings, consulSchema } from './schema.ts';

export interface ConsulDependencies {
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Whether this host hears another host directly (`Liveness.hears`). A host that is cut from Consul only keeps its place
   * as long as somebody who is not hears it.
   */
  readonly hears?: (hostId: string) => boolean;
}

/** The bus over Consul. Throws on options that are wrong; never because Consul is away. */
export function createConsulBus(_dependencies: ConsulDependencies, options: ConsulOptions): Bus {
  consulSchema.parse(options);
  throw new Error('not built yet');
}
