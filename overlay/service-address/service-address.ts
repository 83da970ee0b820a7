import { applyStep, createNftTable, formatStep } from '../../linux/index.ts';
import { formatProblem, type Problem } from '../../model/index.ts';
import type { Applier } from '../../reconcile/index.ts';
import type { Log, RunCommand } from '../../system/index.ts';
import { enterPrefix, type ObservedServiceAddress, observeServiceAddress } from './observe.ts';
import { planServiceAddress, planServiceAddressRemoval, type ServiceAddressChange } from './plan.ts';
import { renderTable } from './render.ts';
import { defaultServiceAddressSettings, type ServiceAddressSettings } from './settings.ts';

/** The address containers ask at: a network namespace of our own, the cable to it, and the rules that keep NAT away. */
export interface ServiceAddress {
  readonly settings: ServiceAddressSettings;
  /** The desired state is constant: `settings`. */
  readonly applier: Applier<ServiceAddressSettings, ObservedServiceAddress, ServiceAddressChange>;
  /** Makes or repairs all parts now. Idempotent. Rejects when a part cannot be made; gives what is wrong but not for Drover to repair. */
  ensure(signal?: AbortSignal): Promise<readonly Problem[]>;
  /** What differs from the desired state, one line each; empty when all stands. Changes nothing. */
  drift(signal?: AbortSignal): Promise<readonly string[]>;
  /** Removes all parts and nothing else. Idempotent. Processes inside the namespace keep it alive until they end. */
  remove(signal?: AbortSignal): Promise<void>;
  /** The command line that runs `file` inside the namespace, for whoever spawns it. */
  enterCommand(file: string, args: readonly string[]): { readonly file: string; readonly args: readonly string[] };
}

export function createServiceAddress(
  { run, log }: { run: RunCommand; log: Log },
  options: Partial<ServiceAddressSettings> = {},
): ServiceAddress {
  const settings = { ...defaultServiceAddressSettings, ...options };
  const table = createNftTable({ run }, { family: 'ip', name: settings.table });
  const observe = (signal?: AbortSignal) => observeServiceAddress({ run, table }, settings, signal);
  const apply = async (change: ServiceAddressChange, signal?: AbortSignal): Promise<void> => {
    await applyStep(run, change, signal);
    if (change.file === 'nft') await table.learn(renderTable(settings), signal);
  };

  return {
    settings,
    applier: {
      observe: (_settings, signal) => observe(signal),
      plan: planServiceAddress,
      apply,
      format: formatStep,
    },
    ensure: async (signal) => {
      const { changes, problems } = planServiceAddress(settings, await observe(signal));
      for (const change of changes) {
        await apply(change, signal);
        log.info({ change: formatStep(change) }, 'changed');
      }
      return problems;
    },
    drift: async (signal) => {
      const { changes, problems } = planServiceAddress(settings, await observe(signal));
      return [...problems.map(formatProblem), ...changes.map(formatStep)];
    },
    remove: async (signal) => {
      for (const change of planServiceAddressRemoval(settings, await observe(signal))) {
        await applyStep(run, change, signal);
        log.info({ change: formatStep(change) }, 'removed');
      }
    },
    enterCommand: (file, args) => {
      const [enter = 'nsenter', ...rest] = enterPrefix(settings);
      return { file: enter, args: [...rest, file, ...args] };
    },
  };
}
