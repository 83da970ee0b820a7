import type { Problem } from '../../model/index.ts';
import type { Log } from '../../system/index.ts';
import type { Config, LoadedConfig } from './config.ts';
import { planReload } from './reload.ts';

/** The configuration of a running agent. */
export interface Configured {
  /** Applies what can be applied at once, and gives the configuration in force. An invalid one changes nothing. */
  reload(loaded: LoadedConfig): Config;
  /** Warnings, why the last reload was refused, and settings that wait for a restart. */
  problems(): readonly Problem[];
}

export function createConfigured(
  { log }: { readonly log: Log },
  { config, warnings }: { readonly config: Config; readonly warnings: readonly Problem[] },
  servers: { reload(config: Config): void },
): Configured {
  let current = config;
  let problems = warnings;
  return {
    problems: () => problems,
    reload: (loaded) => {
      if (!loaded.ok) {
        problems = [...loaded.warnings, ...loaded.problems];
        for (const problem of loaded.problems)
          log.error({ problem }, 'the configuration is not valid; the previous one stays in force');
        return current;
      }
      const { config: next, applied, waiting } = planReload(current, loaded.config);
      current = next;
      problems = [...loaded.warnings, ...(waiting.length === 0 ? [] : [needsRestart(waiting, current)])];
      log.info({ applied, waiting }, 'configuration reloaded');
      if (applied.length > 0) servers.reload(current);
      return current;
    },
  };
}

function needsRestart(settings: readonly string[], { supervise }: Config): Problem {
  const names = settings.map((name) => `\`${name}\``).join(', ');
  return {
    subject: 'configuration',
    what: `${names} changed, but not in the running agent`,
    hint: supervise
      ? 'restart the agent; dns and metadata keep answering meanwhile'
      : 'restart the agent, dns and metadata: with `supervise: false` the agent does not start them',
  };
}
