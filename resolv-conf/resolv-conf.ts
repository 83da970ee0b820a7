import type { Container, Problem } from '../model/index.ts';
import type { Applier } from '../reconcile/index.ts';
import type { Clock, Log } from '../system/index.ts';
import { authorOf } from './author.ts';
import type { ContainerResolver } from './desired-resolvers.ts';
import { exclusionOf, isBeforeStart } from './exemption.ts';
import { createFileReader } from './observe.ts';
import { formatResolvConfChange, planResolvConf, type ResolvConfChange, rewritten } from './plan.ts';
import type { Reach, Reachability } from './reach.ts';
import { type FileContent, isBelowDataRoot, rewriteInPlace } from './resolv-conf-file.ts';
import { type ObservedFiles, type ResolverState, resolverStates } from './resolver-state.ts';
import { createStartWatch } from './start-watch.ts';

export interface ResolvConfDependencies {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log: Log;
  /** Where Docker keeps a container's resolv.conf; null: not known, or a volume hides it. */
  readonly pathOf: (containerId: string) => string | null;
  /** Docker's data directory: no file outside of it is touched. Called until it has answered once. */
  readonly dataRoot: () => Promise<string>;
  /** Default: every container reaches Drover. */
  readonly reachability?: Reachability;
}

export interface ResolvConfSettings {
  /** Drover's address, the only `nameserver` that a container gets. */
  readonly resolver: string;
}

export interface ResolverCounts {
  readonly ours: number;
  readonly exempt: number;
  /** Containers whose resolv.conf lacks Drover, or lists another resolver besides it. */
  readonly problems: readonly Problem[];
  /** Containers whose resolv.conf Drover leaves alone, and why. */
  readonly left: readonly Problem[];
}

/** Makes Drover the only resolver of this host's containers, by rewriting their resolv.conf in place. */
export interface ResolvConf {
  readonly applier: Applier<readonly ContainerResolver[], ObservedFiles, ResolvConfChange>;
  readonly reachOf: (container: Container) => Reach;
  /** As of the last pass. */
  counts(): ResolverCounts;
  /** Ends the watches on containers that are starting. Idempotent. */
  close(): void;
}

export function createResolvConf(
  { clock, log, pathOf, dataRoot, reachability }: ResolvConfDependencies,
  { resolver }: ResolvConfSettings,
): ResolvConf {
  let root: string | null = null;
  const isPathAllowed = (path: string): boolean => root !== null && isBelowDataRoot(root, path);
  const reader = createFileReader({ resolver, clock, pathOf, isPathAllowed });
  const oneAfterAnother = createQueue();
  const rewrite = (desired: ContainerResolver, path: string): Promise<FileContent> =>
    rewriteInPlace(path, isPathAllowed, (content) => {
      const author = authorOf(resolver, desired.container, content);
      return rewritten(resolver, desired, { text: content.text, author });
    });

  const starts = createStartWatch((id) => {
    const work = async (): Promise<void> => {
      const desired = reader.latest().desired.find(({ container }) => container.id === id);
      const path = pathOf(id);
      // The applier may have rewritten the file of the running container in the meantime.
      if (desired !== undefined && path !== null && starts.watches(id)) await rewrite(desired, path);
    };
    oneAfterAnother(work).catch((err) =>
      log.debug({ err, container: id }, 'cannot write resolv.conf before the start'),
    );
  });

  return {
    applier: {
      observe: async (desired) => {
        root ??= await dataRoot();
        reachability?.check(desired.map(({ container }) => container));
        starts.follow(filesBeforeStart(desired, pathOf));
        return reader.read(desired);
      },
      // The files are independent of one another.
      concurrency: 4,
      plan: (desired, files) => planResolvConf(resolver, desired, files),
      apply: async ({ desired, path }) =>
        reader.learn(desired, path, await oneAfterAnother(() => rewrite(desired, path))),
      format: formatResolvConfChange,
    },
    reachOf: (container) => reachability?.of(container) ?? 'yes',
    counts: () => {
      const { desired, files } = reader.latest();
      return countStates([...resolverStates(resolver, desired, files).values()]);
    },
    close: starts.close,
  };
}

/** The files that Docker writes when it starts one of these containers. */
function filesBeforeStart(
  desired: readonly ContainerResolver[],
  pathOf: ResolvConfDependencies['pathOf'],
): ReadonlyMap<string, string> {
  return new Map(
    desired.flatMap(({ container }): [string, string][] => {
      if (!isBeforeStart(container) || exclusionOf(container) !== null) return [];
      const path = pathOf(container.id);
      return path === null ? [] : [[container.id, path]];
    }),
  );
}

function countStates(states: readonly ResolverState[]): ResolverCounts {
  return {
    ours: states.filter(({ kind }) => kind === 'ours').length,
    exempt: states.filter(({ kind }) => kind === 'exempt').length,
    problems: states.flatMap((state) => (state.kind === 'problem' ? [state.problem] : [])),
    left: states.flatMap((state) => (state.kind === 'left' ? [state.note] : [])),
  };
}

/** Two writers of one file must not work from the same old text. */
function createQueue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work);
    last = next.catch(() => undefined);
    return next;
  };
}
