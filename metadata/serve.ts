import type { Log } from '../system/index.ts';
import { type MetadataServer, type ServerOptions, serveTrees } from './http/server.ts';
import type { TreeSource } from './tree/tree-source.ts';
import { NEWEST } from './tree/versions.ts';
import { createViewSource, type ViewParts } from './tree/view-source.ts';
import { isObject, own } from './value/value.ts';

/** What the metadata server works with. */
export interface MetadataParts extends ViewParts {
  readonly log: Log;
}

/** Serves a host's view at the paths and in the formats of Rancher's metadata service. */
export function serveMetadata(parts: MetadataParts, options: ServerOptions): Promise<MetadataServer> {
  return prepareMetadata(parts)(options);
}

/** Makes what all requests need; the function it gives binds, and may be called again when the port is taken. */
export function prepareMetadata(parts: MetadataParts): (options: ServerOptions) => Promise<MetadataServer> {
  const { clock, log, onViewChange } = parts;
  const source = createViewSource(parts);
  // What every client asks for first takes longest when nothing is known of the view before.
  try {
    touchVersion(source);
  } catch (error) {
    // Whoever asks for it is told; everything else is served.
    log.error({ err: error }, 'the version cannot be made');
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

function touchVersion(source: TreeSource): void {
  const tree = source.treeFor(NEWEST.name, '');
  if (tree !== undefined && isObject(tree)) own(tree, 'version');
}
