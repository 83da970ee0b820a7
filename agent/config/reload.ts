import { type JsonValue, sameJson } from '../../model/index.ts';
import type { Config } from './schema.ts';
import { listSettings } from './settings.ts';

/** What a reload of the configuration does. Settings are named as in the file. */
export interface Reload {
  /** The configuration in force afterwards. */
  readonly config: Config;
  /** Changed settings that take effect at once. */
  readonly applied: readonly string[];
  /** Changed settings that take effect when the agent is restarted. */
  readonly waiting: readonly string[];
}

/** The agent makes the service address from these. */
const OF_SERVICE_ADDRESS = /^dns\.(address|sourceAddress|hostAddress|namespace|device|maxQueriesPerSecond)$/;

/**
 * Compares the configuration in force with the one that was read. The servers are started with the whole file, so if the
 * service address changed, everything waits for the restart. Servers that the agent does not start keep their settings.
 */
export function planReload(config: Config, read: Config): Reload {
  const changed = listSettings()
    .filter(({ path }) => !sameJson(valueAt(config, path), valueAt(read, path)))
    .map(({ key }) => key);
  if (changed.some((key) => OF_SERVICE_ADDRESS.test(key))) return { config, applied: [], waiting: changed };
  const { dns, metadata, log } = read;
  const reloaded: Partial<Config> = config.supervise ? { dns, metadata, log } : { log };
  const isApplied = (key: string): boolean => (key.split('.')[0] ?? '') in reloaded;
  return {
    config: { ...config, ...reloaded },
    applied: changed.filter(isApplied),
    waiting: changed.filter((key) => !isApplied(key)),
  };
}

function valueAt(config: Config, path: readonly string[]): JsonValue {
  return path.reduce<unknown>(
    (at, part) => (at as Readonly<Record<string, unknown>>)[part] ?? null,
    config,
  ) as JsonValue;
}
