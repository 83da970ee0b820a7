import type { Container, Problem } from '../model/index.ts';
import { systemClock } from '../system/index.ts';
import { exemptionOf, isBeforeStart, refusalOf, searchPositionOf } from './exemption.ts';
import { nameserversIn, originalOf, planResolvConf } from './plan.ts';
import type {
  ResolvConfApplier,
  ResolvConfApplierDependencies,
  ResolvConfApplierOptions,
  ResolvConfTarget,
  ResolverState,
} from './resolv-conf-applier.ts';
import { rewriteInPlace } from './resolv-conf-file.ts';
import { stateOfError, stateOfText, stateWithoutPath } from './resolver-problems.ts';
import { createStartWatch } from './start-watch.ts';

/** A file that was right is not read again so soon, as long as its container did not change. */
const TRUSTED_MS = 20_000;
const AT_ONCE = 16;
const EMBEDDED_RESOLVER = '127.0.0.11';

interface Seen {
  readonly container: Container;
  readonly path: string | null;
  readonly search: string;
  readonly state: ResolverState;
  readonly at: number;
}

/** An applier for this host's containers. */
export function createResolvConfApplier(
  { log, clock = systemClock }: ResolvConfApplierDependencies,
  { resolver, searchDomains, isPathAllowed }: ResolvConfApplierOptions,
): ResolvConfApplier {
  let seen: ReadonlyMap<string, Seen> = new Map();
  let turn: Promise<unknown> = Promise.resolve();
  const starts = createStartWatch();

  const rewrite = async (target: ResolvConfTarget, edit: (text: string) => string | null): Promise<ResolverState> => {
    const why = exemptionOf(target.container);
    return why === null ? rewriteFile(target, edit) : { kind: 'exempt', why };
  };

  const rewriteFile = async (
    { container, path }: ResolvConfTarget,
    edit: (text: string) => string | null,
  ): Promise<ResolverState> => {
    if (path === null) return noPath(container);
    try {
      return stateOfText(container, await rewriteInPlace(path, isPathAllowed, edit), resolver);
    } catch (error) {
      return stateOfError(container, error);
    }
  };

  const applyOne = async (target: ResolvConfTarget): Promise<Seen> => {
    const { container, path } = target;
    const search = searchDomains(container);
    const known = seen.get(container.id);
    const at = clock.monotonic();
    watchStart(target);
    const same = known?.container === container && known.path === path && known.search === search.join(' ');
    if (same && known.state.kind !== 'problem' && at - known.at < TRUSTED_MS) return known;
    const state = await rewrite(target, (text) => change(container, search, text));
    tell(known?.state, state);
    return { container, path, search: search.join(' '), state, at };
  };

  const change = (container: Container, search: readonly string[], text: string): string | null => {
    const position = searchPositionOf(container);
    if (!isBeforeStart(container)) return planResolvConf(text, { resolver, search, position });
    // Docker has just emptied it to write it anew: what it writes is told too.
    if (text.trim() === '') return null;
    // Docker takes the search list of a user-defined network from the file when it writes 127.0.0.11 into it: before
    // that, our domains would pass for the container's own ever after.
    const early = !nameserversIn(originalOf(text) ?? text).includes(EMBEDDED_RESOLVER);
    return planResolvConf(text, { resolver, search: early ? [] : search, position });
  };

  const watchStart = (target: ResolvConfTarget): void => {
    const { container, path } = target;
    if (!isBeforeStart(container) || path === null || refusalOf(container) !== null) {
      starts.leave(container.id);
      return;
    }
    starts.enter(container.id, path, () => {
      void inTurn(async () => {
        // By now it may have been looked at as a running one.
        if (!starts.watches(container.id)) return;
        await rewriteFile(target, (text) => change(container, searchDomains(container), text));
      });
    });
  };

  const tell = (before: ResolverState | undefined, after: ResolverState): void => {
    if (after.kind !== 'problem') return;
    if (before?.kind === 'problem' && before.problem.what === after.problem.what) return;
    log.warn({ problem: after.problem }, 'a container does not ask us first');
  };

  const applyAll = async (targets: readonly ResolvConfTarget[]): Promise<ReadonlyMap<string, ResolverState>> => {
    const now = await inBatches(targets, applyOne);
    seen = new Map(now.map((entry) => [entry.container.id, entry]));
    return new Map(now.map(({ container, state }) => [container.id, state]));
  };

  const inspectAll = async (targets: readonly ResolvConfTarget[]): Promise<ReadonlyMap<string, ResolverState>> => {
    const states = await inBatches(targets, (target) => rewrite(target, () => null));
    return new Map(targets.map(({ container }, index) => [container.id, states[index] as ResolverState]));
  };

  const restoreOne = async (path: string): Promise<Problem | null> => {
    try {
      await rewriteInPlace(path, isPathAllowed, originalOf);
      return null;
    } catch (error) {
      if ((error as { code?: string }).code === 'ENOENT') return null;
      const what = `what stood there before Drover could not be put back: ${(error as Error).message}`;
      return { subject: path, what, hint: 'restart the container: Docker writes the file anew' };
    }
  };

  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const mine = turn.then(act);
    turn = mine.catch(() => {});
    return mine;
  };

  return {
    apply: (targets) => inTurn(() => applyAll(targets)),
    inspectResolvers: (targets) => inTurn(() => inspectAll(targets)),
    restore: (paths) =>
      inTurn(async () => {
        seen = new Map();
        starts.close();
        return (await inBatches(paths, restoreOne)).filter((problem) => problem !== null);
      }),
    close: starts.close,
  };
}

function noPath(container: Container): ResolverState {
  if (container.state === 'starting') return { kind: 'exempt', why: 'it is being started' };
  return stateWithoutPath(container);
}

async function inBatches<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(act))));
  }
  return results;
}
