import type { Supervisor } from './supervisor.ts';

/** A supervisor whose children can be given another configuration while it runs. */
export interface ReloadableSupervisor<Config> extends Supervisor {
  /** Replaces the children whose configuration differs, one after the other; the others keep running. */
  reload(config: Config): void;
}

/** `create` makes a supervisor that adopts the children of the one before it. */
export function createReloadableSupervisor<Config>(
  create: (config: Config) => Supervisor,
  config: Config,
): ReloadableSupervisor<Config> {
  let current = create(config);
  let reloaded = new AbortController();
  return {
    status: () => current.status(),
    run: async (signal) => {
      while (!signal.aborted) {
        reloaded = new AbortController();
        await current.run(AbortSignal.any([signal, reloaded.signal]));
      }
    },
    restart: (name) => current.restart(name),
    stop: () => current.stop(),
    reload: (next) => {
      current = create(next);
      reloaded.abort();
    },
  };
}
