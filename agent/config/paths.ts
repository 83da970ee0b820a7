import { join } from 'node:path';
import { PORT_BINDINGS_FILE } from '../../model/index.ts';
import type { Config } from './config.ts';

type Directories = Pick<Config, 'runDir' | 'dataDir'>;

/** Where the agent's own API is. */
export const controlSocket = ({ runDir }: Pick<Directories, 'runDir'>): string => join(runDir, 'control.sock');

/** Where processes follow the state. */
export const feedSocket = ({ runDir }: Pick<Directories, 'runDir'>): string => join(runDir, 'feed.sock');

/** Where the DNS process shows its queries and counters. */
export const dnsSocket = ({ runDir }: Pick<Directories, 'runDir'>): string => join(runDir, 'dns.sock');

/** What is known, on disk. */
export const mirrorFile = ({ dataDir }: Pick<Directories, 'dataDir'>): string => join(dataDir, 'mirror.db');

/** Where the port guard publishes which address belongs to which port. */
export const portBindingsFile = ({ runDir }: Pick<Directories, 'runDir'>): string => join(runDir, PORT_BINDINGS_FILE);
