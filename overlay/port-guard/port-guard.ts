import { applyStep, createNftTable, formatStep, type Step } from '../../linux/index.ts';
import type { Applier } from '../../reconcile/index.ts';
import { CommandError, type Log, type RunCommand } from '../../system/index.ts';
import { type DesiredGuard, defaultPortGuardSettings, type PortGuardSettings } from './desired-guard.ts';
import { type ObserveDependencies, type ObservedGuard, observePortGuard } from './observe.ts';
import { planPortGuard, planPortGuardRemoval, tableId } from './plan.ts';
import { renderFrame } from './render.ts';

/** Holds each container on a bridge to its own address, at the port it is behind. */
export interface PortGuard {
  readonly settings: PortGuardSettings;
  /** For `createReconciler({clock, log}, {...applier, intervalMs: 3000})`. */
  readonly applier: Applier<DesiredGuard, ObservedGuard, Step>;
  /**
   * Before an address is given to a new port: whoever had it is gone, and the table may not know yet. Never rejects: what
   * cannot be done here the applier does in its next pass.
   */
  vacate(address: string): Promise<void>;
  /** Removes the table and nothing else. Idempotent. */
  remove(signal?: AbortSignal): Promise<void>;
}

export interface PortGuardDependencies {
  readonly run: RunCommand;
  readonly log: Log;
  /** Process of a container, as this host counts; null: not known. */
  readonly processId: ObserveDependencies['processId'];
}

const VACATE_LIMIT_MS = 2_000;

export function createPortGuard(
  { run, log, processId }: PortGuardDependencies,
  options: Partial<PortGuardSettings> = {},
): PortGuard {
  const settings = { ...defaultPortGuardSettings, ...options };
  const table = createNftTable({ run }, tableId(settings.table));

  return {
    settings,
    applier: {
      name: 'port-guard',
      observe: (desired, signal) => observePortGuard({ run, table, processId }, settings, desired, signal),
      plan: (desired, observed) => planPortGuard(settings, desired, observed),
      apply: async (change, signal) => {
        await applyStep(run, change, signal);
        if (change.input?.startsWith('table ')) await table.learn(renderFrame(settings.table), signal);
      },
      format: formatStep,
    },
    vacate: async (address) => {
      const args = ['delete', 'element', 'bridge', settings.table, 'taken', `{ ${address} }`];
      try {
        await run('nft', args, { timeoutMs: VACATE_LIMIT_MS });
      } catch (error) {
        // Mostly there is nothing to delete: nobody had the address, or there is no table.
        if (error instanceof CommandError && error.stderr.includes('No such file')) return;
        log.warn({ err: error, address }, 'cannot free an address in the port guard');
      }
    },
    remove: async (signal) => {
      for (const change of planPortGuardRemoval(settings, await table.read(signal))) {
        await applyStep(run, change, signal);
        log.info({ change: formatStep(change) }, 'removed');
      }
    },
  };
}
