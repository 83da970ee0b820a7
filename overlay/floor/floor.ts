import { applyRemoval, applyStep, createNftTable, readIp, replacedText, type Step } from '../../linux/index.ts';
import type { Applier } from '../../reconcile/index.ts';
import type { Log, RunCommand } from '../../system/index.ts';
import { type DesiredFloor, defaultFloorSettings, type FloorSettings } from './desired-floor.ts';
import { formatFloorStep, type ObservedFloor, planFloor, planFloorRemoval, tableId } from './plan.ts';
import { NO_PEERS, PEER_SETS } from './render.ts';

/**
 * What stands under the tunnels: with a closed backend, packets between containers leave and arrive through tunnels or not at all. Routes
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
  const table = createNftTable({ run }, tableId(settings));
  const observe = async (usesVxlan: boolean, signal?: AbortSignal): Promise<ObservedFloor> => {
    const commands = ['route show table main type blackhole', 'rule show'];
    const [{ routes, rules }, { text, elements }] = await Promise.all([
      readIp(run, commands, { signal }),
      usesVxlan ? table.readWithSets(PEER_SETS, signal) : table.read(signal).then(withoutPeers),
    ]);
    return { table: text, peers: elements, blackholes: routes, rules };
  };
  return {
    settings,
    applier: {
      observe: ({ vxlan }, signal) => observe(vxlan !== null, signal),
      plan: (desired, observed) => planFloor(settings, desired, observed),
      apply: async (change, signal) => {
        await applyStep(run, change, signal);
        const text = replacedText(change);
        if (text !== null) await table.learn(text, signal);
      },
      format: formatFloorStep,
    },
    remove: async (signal) =>
      applyRemoval({ run, log }, planFloorRemoval(settings, await observe(false, signal)), signal),
  };
}

const withoutPeers = (text: string | null) => ({ text, elements: NO_PEERS });
