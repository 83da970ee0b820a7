import type { Log } from '../system/index.ts';
import { type MetadataServer, type ServerOptions, serveTrees } from './server.ts';
import { createViewSource, type ViewParts } from './view-source.ts';

/** What the metadata server works with. */
export interface MetadataParts extends ViewParts {
  readonly log: Log;
}

/** Serves a host's view at the paths and in the formats of Rancher's metadata service. */
export async function serveMetadata(parts: MetadataParts, options: ServerOptions): Promise<MetadataServer> {
  const { clock, log, onViewChange } = parts;
  const server = await serveTrees({ source: createViewSource(parts), clock, log }, options);
  const unsubscribe = onViewChange(server.wake);
  return {
    ...server,
    close: () => {
      unsubscribe();
      return server.close();
    },
  };
}
