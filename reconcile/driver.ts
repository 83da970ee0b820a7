import type { Problem } from '../model/index.ts';
import { createWakeUp } from '../system/index.ts';
import type { Component } from './component.ts';
import { createReconciler, type PlannedChanges, type Reconciler, type ReconcilerDependencies } from './reconciler.ts';
import type { ReconcilerStatus } from './reconciler-status.ts';

/** The loop of one component. */
export type ComponentLoop = Pick<Reconciler<unknown>, 'run' | 'status' | 'confirm' | 'plan' | 'recheck'>;

/** A dry run of one component. */
export interface ComponentPlan extends PlannedChanges {
  readonly component: string;
}

/** Runs components from the views of this host: each has a loop of its own, which fails and recovers alone. */
export interface Driver {
  readonly loops: readonly ComponentLoop[];
  /** The view, or something else that a component depends on, may have changed. Never waits. */
  changed(): void;
  /** Components with these names read the world now instead of at their next interval. */
  recheck(names: readonly string[]): void;
  /** Dry run of all components that want anything: reads the world and plans, changes nothing. Rejects only on abort. */
  plan(signal: AbortSignal): Promise<readonly ComponentPlan[]>;
  /** Computes what is desired at each change until `signal` aborts. Does not run the loops. */
  run(signal: AbortSignal): Promise<void>;
}

export interface DriverOptions<View> {
  /** The newest view, cheap while nothing changed. */
  readonly view: () => View;
  readonly components: readonly Component<View>[];
  /** Default of `Component.intervalMs`. */
  readonly intervalMs: number;
}

/** Changes within so short a time after another one are computed together. */
const GATHER_MS = 5;

export function createDriver<View extends { readonly revision: number }>(
  deps: ReconcilerDependencies,
  { view, components, intervalMs }: DriverOptions<View>,
): Driver {
  const followers = components.map((component) => createFollower(deps, component, intervalMs));
  const wakeUp = createWakeUp(deps.clock);
  return {
    loops: followers.map(({ loop }) => loop),
    changed: wakeUp.wake,
    recheck: (names) => {
      for (const { loop } of followers) if (names.includes(loop.status().name)) loop.recheck();
    },
    plan: async (signal) => {
      const plans = await Promise.all(followers.map(({ loop }) => planOf(loop, signal)));
      return plans.filter((plan) => plan !== null);
    },
    run: async (signal) => {
      while (!signal.aborted) {
        for (const { follow } of followers) follow(view);
        await wakeUp.pause(GATHER_MS, signal);
        await wakeUp.wait(null, signal);
      }
    },
  };
}

async function planOf(loop: ComponentLoop, signal: AbortSignal): Promise<ComponentPlan | null> {
  const { name: component } = loop.status();
  try {
    const plan = await loop.plan(signal);
    return plan && { component, ...plan };
  } catch (error) {
    signal.throwIfAborted();
    const what = `cannot read what to compare with: ${error instanceof Error ? error.message : error}`;
    const hint = 'fix the cause above, then try again';
    return { component, changes: [], held: [], problems: [{ subject: component, what, hint }] };
  }
}

interface Follower<View> {
  readonly loop: ComponentLoop;
  /** Never throws. */
  follow(view: () => View): void;
}

function createFollower<View extends { readonly revision: number }>(
  deps: ReconcilerDependencies,
  { name, desired, applier, ...options }: Component<View>,
  intervalMs: number,
): Follower<View> {
  const loop = createReconciler(deps, { intervalMs, ...options, ...applier, name });
  let last: unknown = null;
  let problem: Problem | null = null;
  const status = (): ReconcilerStatus => (problem === null ? loop.status() : { ...loop.status(), lastError: problem });
  return {
    loop: {
      run: (signal) => loop.run(signal),
      confirm: () => loop.confirm(),
      recheck: () => loop.recheck(),
      plan: (signal) => loop.plan(signal),
      status,
    },
    follow: (view) => {
      try {
        const newest = view();
        const next = desired(newest);
        problem = null;
        if (next !== last) loop.trigger(next, newest.revision);
        last = next;
      } catch (error) {
        // A fault of this component's own. The others follow the view all the same.
        if (problem === null) deps.log.error({ applier: name, err: error }, 'cannot compute the desired state');
        const what = `cannot compute the desired state: ${error instanceof Error ? error.message : error}`;
        problem = {
          subject: name,
          what,
          hint: 'report this with the log of the agent; the last desired state stays in force',
        };
      }
    },
  };
}
