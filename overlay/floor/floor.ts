import { applyRemoval, applyStep, createNftTable, readIp, replacedText, type Step } from '../../linux/index.ts';
import type { Applier } from '../../reconcile/index.ts';
import type { Log, RunCommand } from '../../system/index.ts';
import { type DesiredFloor, defaultFloorSettings, type FloorSettings } from './desired-floor.ts';
import { formatFloorStep, type ObservedFloor, planFloor, planFloorRemoval } from './plan.ts';

/**
 * What stands under the tunnels: with an closed backend, packets between containers leave and arrive through tunnels or not at all. Routes
 * and rules of the routing policy hold while somebody flushes nftables; the nft table holds while somebody flushes routes or rules.
 */
export interface Floor {
  readonly settings: FloorSettings;
  readonly applier: Applier<DesiredFloor, ObservedFloor, Step>;
  /** Removes everything of ours and nothing else. Idempotent. */
  remove(signal?: AbortSignal): Promise<void>;
}

export function createFloor(
  { run, log }: { readonly run: RunCommand; readonly log: Log },
  options: Partial<FloorSettings> = {},
): Floor {
  const settings = { ...defaultFloorSettings, ...options };
  const table = createNftTable({ run }, { family: 'inet', name: settings.table });
  const observe = async (signal?: AbortSignal): Promise<ObservedFloor> => {
    const commands = ['route show table main type blackhole', 'rule show'];
    const [{ routes, rules }, text] = await Promise.all([readIp(run, commands, { signal }), table.read(signal)]);
    return { table: text, blackholes: routes, rules };
  };
  return {
    settings,
    applier: {
      observe: (_desired, signal) => observe(signal),
      plan: (desired, observed) => planFloor(settings, desired, observed),
      apply: async (change, signal) => {
        await applyStep(run, change, signal);
        if (change.file === 'nft') await table.learn(replacedText(change), signal);
      },
      format: formatFloorStep,
    },
    remove: async (signal) => applyRemoval({ run, log }, planFloorRemoval(settings, await observe(signal)), signal),
  };
}
