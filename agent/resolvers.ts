import type Docker from 'dockerode';
import type { Container } from '../model/index.ts';
import { createResolvConfApplier, type ResolverState } from '../resolv-conf/index.ts';
import type { DockerSource } from '../sources/index.ts';
import type { Log, WakeUp } from '../system/index.ts';
import { type HostView, searchDomains } from '../view/index.ts';
import type { ResolverCounts } from './control/status.ts';
import type { Part } from './parts.ts';

export interface ResolversDependencies {
  readonly docker: Docker;
  readonly source: Pick<DockerSource, 'resolvConfPath' | 'status'>;
  /** The newest view. */
  readonly view: () => HostView;
  /** Woken when a container of this host changed. */
  readonly wakeUp: WakeUp;
  readonly log: Log;
}

export interface Resolvers {
  readonly part: Part;
  counts(): ResolverCounts;
}

const INTERVAL_MS = 30_000;
/** Until Docker has told what there is. */
const WAITING_MS = 300;

/** Gives this host's containers our resolver, at each change of them. */
export function createResolvers(deps: ResolversDependencies, { resolver }: { readonly resolver: string }): Resolvers {
  let root: string | null = null;
  let states: ReadonlyMap<string, ResolverState> = new Map();
  const applier = createResolvConfApplier(
    { log: deps.log },
    {
      resolver,
      searchDomains: (container) => searchDomains(deps.view(), container).domains,
      isPathAllowed: (path) => root !== null && path.startsWith(`${root}/containers/`),
    },
  );

  const ownContainers = (): readonly Container[] => {
    const { snapshot, hostId } = deps.view();
    return [...(snapshot.hosts.get(hostId)?.containers.values() ?? [])];
  };

  const applyAll = async (): Promise<void> => {
    root ??= (await deps.docker.info()).DockerRootDir as string;
    const targets = ownContainers().map((container) => ({ container, path: deps.source.resolvConfPath(container.id) }));
    states = await applier.apply(targets);
  };

  return {
    part: async (signal, report) => {
      signal.addEventListener('abort', () => applier.close(), { once: true });
      while (!signal.aborted) {
        if (deps.source.status().lastSyncMs !== null) {
          await applyAll();
          report.done();
        }
        await deps.wakeUp.wait(root === null ? WAITING_MS : INTERVAL_MS, signal);
      }
    },
    counts: () => countStates(states),
  };
}

function countStates(states: ReadonlyMap<string, ResolverState>): ResolverCounts {
  const all = [...states.values()];
  return {
    ours: all.filter(({ kind }) => kind === 'ours').length,
    exempt: all.filter(({ kind }) => kind === 'exempt').length,
    problems: all.flatMap((state) => (state.kind === 'problem' ? [state.problem] : [])),
  };
}
