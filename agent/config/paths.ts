import { join } from 'node:path';
import { PORT_BINDINGS_FILE } from '../../model/index.ts';
import type { Config } from './config.ts';

type Directories = Pick<Config, 'runDir' | 'dataDir'>;

/** The socket of the agent's API. */
export const controlSocket = ({ runDir }: Pick<Directories, 'runDir'>): string => join(runDir, 'control.sock');

/** The socket on which processes follow the state. */
export const feedSocket = ({ runDir }: Pick<Directories, 'runDir'>): string => join(runDir, 'feed.sock');

/** The socket on which the DNS process shows its queries and counters. */
export const dnsSocket = ({ runDir }: Pick<Directories, 'runDir'>): string => join(runDir, 'dns.sock');

/** The copy of the state on disk. */
export const mirrorFile = ({ dataDir }: Pick<Directories, 'dataDir'>): string => join(dataDir, 'mirror.db');

/** The file in which the port guard publishes which address belongs to which port. */
export const portBindingsFile = ({ runDir }: Pick<Directories, 'runDir'>): string => join(runDir, PORT_BINDINGS_FILE);
