import type { Problem } from '../../model/index.ts';
import type { Applier } from '../../reconcile/index.ts';
import type { Log, RunCommand } from '../../system/index.ts';
import type { ObservedServiceAddress } from './observe.ts';
import type { ServiceAddressChange } from './plan.ts';
import { defaultServiceAddressSettings, type ServiceAddressSettings } from './settings.ts';

/** The address containers ask at: a network namespace of our own, the cable to it, and the rules that keep NAT away. */
export interface ServiceAddress {
  readonly settings: ServiceAddressSettings;
  /** For `createReconciler({clock, log}, {...applier, intervalMs: 3000})`; the desired state is constant: trigger it once with null. */
  readonly applier: Applier<null, ObservedServiceAddress, ServiceAddressChange>;
  /** Makes or repairs all parts now. Idempotent. Rejects when a part cannot be made; gives what is wrong but not ours to mend. */
  ensure(signal?: AbortSignal): Promise<readonly Problem[]>;
  /** What differs from the desired state, one line each; empty when all stands. Changes nothing. */
  drift(signal?: AbortSignal): Promise<readonly string[]>;
  /** Removes all parts and nothing else. Idempotent. Processes inside the namespace keep it alive until they end. */
  remove(signal?: AbortSignal): Promise<void>;
  /** The command line that runs `file` inside the namespace, for whoever spawns it. */
  enterCommand(file: string, args: readonly string[]): { readonly file: string; readonly args: readonly string[] };
}

export function createServiceAddress(
  _deps: { run: RunCommand; log: Log },
  options: Partial<ServiceAddressSettings> = {},
): ServiceAddress {
  const settings = { ...defaultServiceAddressSettings, ...options };
  const unfinished = (): never => {
    throw new Error('the service address is not built yet');
  };
  return {
    settings,
    applier: { name: 'service-address', observe: unfinished, plan: unfinished, apply: unfinished, format: unfinished },
    ensure: unfinished,
    drift: unfinished,
    remove: unfinished,
    enterCommand: (file, args) => ({
      file: 'nsenter',
      args: [`--net=/run/netns/${settings.namespace}`, '--', file, ...args],
    }),
  };
}
