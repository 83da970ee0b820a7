import type { Log } from '../system/index.ts';
import { type MetadataServer, type ServerOptions, serveTrees } from './http/server.ts';
import type { TreeSource } from './tree/tree-source.ts';
import { NEWEST } from './tree/versions.ts';
import { createViewSource, type ViewParts } from './tree/view-source.ts';
import { isObject, own } from './value/value.ts';

/** What the metadata server needs. */
export interface MetadataParts extends ViewParts {
  readonly log: Log;
}

/** Serves a host's view at the paths and in the formats of Rancher's metadata service. */
export function serveMetadata(parts: MetadataParts, options: ServerOptions): Promise<MetadataServer> {
  return prepareMetadata(parts)(options);
}

/** Prepares the first reply. The function it returns binds the addresses; call it again if an address is in use. */
export function prepareMetadata(parts: MetadataParts): (options: ServerOptions) => Promise<MetadataServer> {
  const { clock, log, onViewChange } = parts;
  const source = createViewSource(parts);
  // Most clients request `version` first, and the first version of a state takes longest.
  try {
    computeVersion(source);
  } catch (error) {
    // Requests for `version` get a 500; all other paths are served.
    log.error({ err: error }, 'cannot compute the metadata version');
  }
  return async (options) => {
    const server = await serveTrees({ source, clock, log }, options);
    const unsubscribe = onViewChange(server.wake);
    return {
      ...server,
      close: () => {
        unsubscribe();
        return server.close();
      },
    };
  };
}

function computeVersion(source: TreeSource): void {
  const tree = source.treeFor(NEWEST.name, '');
  if (tree !== undefined && isObject(tree)) own(tree, 'version');
}
