import { createRecognition, type RecognitionDependencies } from '../../recognition/index.ts';
import { type HostView, identify } from '../../view/index.ts';
import { createMemo } from './memo.ts';
import { createTrees, type TreeOf } from './tree.ts';
import type { TreeSource, Trees } from './tree-source.ts';
import { findVersion, VERSIONS } from './versions.ts';

/** What trees of a view are made from. */
export interface ViewParts extends RecognitionDependencies {
  /** Address of the DNS server that containers use. Default 169.254.169.250. */
  readonly resolver?: string;
}

/** How long a request from a container that is not known yet waits at most. */
const HOLD_MS = 250;

/** Trees of a host's view. */
export function createViewSource(parts: ViewParts): TreeSource {
  const treeOf = createTrees(parts.resolver);
  const recognition = createRecognition(parts, { holdMs: HOLD_MS });
  const frozen = createMemo<HostView, Trees>();
  const freeze = (): Trees => {
    const view = parts.view();
    return frozen(view, [], () => treesOf(view, treeOf));
  };
  return {
    versions: () => freeze().versions(),
    treeFor: (name, address) => freeze().treeFor(name, address),
    freeze,
    recognise: (address) => {
      const client = recognition.who(address);
      return client instanceof Promise ? client.then(() => {}) : null;
    },
  };
}

function treesOf(view: HostView, treeOf: TreeOf): Trees {
  return {
    versions: () => {
      const names = hasData(view) ? [...VERSIONS, 'latest'] : ['latest'];
      return Object.fromEntries(names.map((name) => [name, `/${name}`]));
    },
    treeFor: (name, address) => {
      if (!hasData(view)) return name === 'latest' ? null : undefined;
      const version = findVersion(name);
      return version && treeOf(view, version, identify(view, address));
    },
  };
}

/** Whether there is a state to serve. Before that, clients must not get an empty tree. */
function hasData({ snapshot }: HostView): boolean {
  return snapshot.complete || snapshot.hosts.size > 0;
}
