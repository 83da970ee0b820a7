import type { Clock } from '../../system/index.ts';
import { type HostView, identify, isLocalAddress } from '../../view/index.ts';
import { createMemo } from './memo.ts';
import { createTrees, type TreeOf } from './tree.ts';
import type { TreeSource, Trees } from './tree-source.ts';
import { findVersion, VERSIONS } from './versions.ts';

/** What trees of a view are made from. */
export interface ViewParts {
  /** The present view. Called once per request and per wake-up. */
  readonly view: () => HostView;
  /** Calls the listener after each change of the view. Returns a function that removes the listener. */
  readonly onViewChange: (listener: () => void) => () => void;
  /** Asks for an inspect of what has this address; resolves with whether it is known now. May hang: it is bounded here. */
  readonly identify: (address: string) => Promise<boolean>;
  readonly clock: Clock;
  /** Address of the DNS server that containers use. Default 169.254.169.250. */
  readonly resolver?: string;
}

/** A container that asks before we know it is waited for this long, at most. */
const RECOGNISE_MS = 250;

/** Trees of a host's view. */
export function createViewSource(parts: ViewParts): TreeSource {
  const treeOf = createTrees(parts.resolver);
  const frozen = createMemo<HostView, Trees>();
  const freeze = (): Trees => {
    const view = parts.view();
    return frozen(view, [], () => treesOf(view, treeOf));
  };
  return {
    versions: () => freeze().versions(),
    treeFor: (name, address) => freeze().treeFor(name, address),
    freeze,
    recognise: createRecognition(parts),
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

/** "Not known yet" is not "empty". */
function hasData({ snapshot }: HostView): boolean {
  return snapshot.complete || snapshot.hosts.size > 0;
}

/** One inspect at a time for an address; all who ask from it wait for the same. */
function createRecognition({ view, onViewChange, identify: inspect, clock }: ViewParts): TreeSource['recognise'] {
  const underWay = new Map<string, Promise<void>>();
  const isStranger = (address: string): boolean =>
    isLocalAddress(view(), address) && identify(view(), address) === null;

  const wait = async (address: string): Promise<void> => {
    const done = new AbortController();
    const lookAgain = (): void => {
      if (!isStranger(address)) done.abort();
    };
    const unsubscribe = onViewChange(lookAgain);
    inspect(address).then(
      (known) => (known ? lookAgain() : done.abort()),
      () => done.abort(),
    );
    await clock.sleep(RECOGNISE_MS, done.signal).catch(() => {});
    unsubscribe();
    underWay.delete(address);
  };
  return (address) => {
    if (!isStranger(address)) return null;
    const waiting = underWay.get(address) ?? wait(address);
    underWay.set(address, waiting);
    return waiting;
  };
}
