import { applyRemoval, applyStep, createNftTable, formatStep } from '../../linux/index.ts';
import type { Applier } from '../../reconcile/index.ts';
import type { Log, RunCommand } from '../../system/index.ts';
import { enterPrefix, type ObservedServiceAddress, observeServiceAddress } from './observe.ts';
import { planServiceAddress, planServiceAddressRemoval, type ServiceAddressChange } from './plan.ts';
import { renderTable } from './render.ts';
import { defaultServiceAddressSettings, type ServiceAddressSettings } from './settings.ts';

/** The address of DNS and metadata: a network namespace, the veth pair into it, and the rules that exclude it from NAT. */
export interface ServiceAddress {
  readonly settings: ServiceAddressSettings;
  /** The desired state is constant: `settings`. */
  readonly applier: Applier<ServiceAddressSettings, ObservedServiceAddress, ServiceAddressChange>;
  /** Removes all parts and nothing else. Idempotent. The kernel keeps the namespace until the processes inside it end. */
  remove(signal?: AbortSignal): Promise<void>;
  /** The command line that runs `file` inside the namespace. */
  enterCommand(file: string, args: readonly string[]): { readonly file: string; readonly args: readonly string[] };
}

export function createServiceAddress(
  { run, log }: { run: RunCommand; log: Log },
  options: Partial<ServiceAddressSettings> = {},
): ServiceAddress {
  const settings = { ...defaultServiceAddressSettings, ...options };
  const table = createNftTable({ run }, { family: 'ip', name: settings.table });
  const observe = (signal?: AbortSignal) => observeServiceAddress({ run, table }, settings, signal);

  return {
    settings,
    applier: {
      observe: (_settings, signal) => observe(signal),
      plan: planServiceAddress,
      apply: async (change, signal) => {
        await applyStep(run, change, signal);
        if (change.file === 'nft') await table.learn(renderTable(settings), signal);
      },
      format: formatStep,
    },
    remove: async (signal) => {
      const steps = planServiceAddressRemoval(settings, await observe(signal));
      await applyRemoval({ run, log }, steps, signal);
    },
    enterCommand: (file, args) => {
      const [enter = 'nsenter', ...rest] = enterPrefix(settings);
      return { file: enter, args: [...rest, file, ...args] };
    },
  };
}
