import { rm } from 'node:fs/promises';
import { applyRemoval, applyStep, createNftTable } from '../../linux/index.ts';
import { formatPortBindings } from '../../model/index.ts';
import type { Applier } from '../../reconcile/index.ts';
import { CommandError, type Log, type RunCommand, writeFileAtomic } from '../../system/index.ts';
import { type DesiredGuard, defaultPortGuardSettings, type PortGuardSettings } from './desired-guard.ts';
import { type ObserveDependencies, observePortGuard } from './observe.ts';
import type { ObservedGuard } from './observed-guard.ts';
import { formatGuardChange, type GuardChange, planPortGuard, planTableRemoval } from './plan.ts';
import { renderFrame, tableId } from './render.ts';

/** Holds each container on a bridge to its own address, at the bridge port that leads to it. */
export interface PortGuard {
  readonly settings: PortGuardSettings;
  /** `off` removes the table of an earlier run and publishes that no port is guarded. */
  readonly applier: Applier<DesiredGuard | 'off', ObservedGuard, GuardChange>;
  /**
   * Frees an address before it is assigned to a new port: its last holder is gone, but the table may still contain it.
   * Never rejects: if it fails, the next pass of the applier frees the address.
   */
  vacate(address: string): Promise<void>;
  /** Removes the table and the published bindings and nothing else. Idempotent. */
  remove(signal?: AbortSignal): Promise<void>;
}

export interface PortGuardDependencies {
  readonly run: RunCommand;
  readonly log: Log;
  /** Process of a container, by this host's process ids; null: not known. */
  readonly processId: ObserveDependencies['processId'];
  /** Where the bindings are published (`PORT_BINDINGS_FILE` in the run directory). */
  readonly bindingsFile: string;
}

const VACATE_LIMIT_MS = 2_000;

export function createPortGuard(
  { run, log, processId, bindingsFile }: PortGuardDependencies,
  options: Partial<PortGuardSettings> = {},
): PortGuard {
  const settings = { ...defaultPortGuardSettings, ...options };
  const table = createNftTable({ run }, tableId(settings.table));

  return {
    settings,
    applier: {
      observe: (desired, signal) =>
        observePortGuard({ run, table, processId, bindingsFile }, settings, desired, signal),
      plan: (desired, observed) => planPortGuard(settings, desired, observed),
      apply: async (change, signal) => {
        if (change.kind === 'publish') return writeFileAtomic(bindingsFile, formatPortBindings(change.bindings));
        await applyStep(run, change.step, signal);
        if (change.step.input?.startsWith('table ')) await table.learn(renderFrame(settings.table), signal);
      },
      format: formatGuardChange,
    },
    vacate: async (address) => {
      const args = ['delete', 'element', 'bridge', settings.table, 'taken', `{ ${address} }`];
      try {
        await run('nft', args, { timeoutMs: VACATE_LIMIT_MS });
      } catch (error) {
        // Usually there is nothing to delete: the address was free, or there is no table.
        if (error instanceof CommandError && error.stderr.includes('No such file')) return;
        log.warn({ err: error, address }, 'cannot free an address in the port guard');
      }
    },
    remove: async (signal) => {
      await applyRemoval({ run, log }, planTableRemoval(settings, await table.read(signal)), signal);
      await rm(bindingsFile, { force: true });
    },
  };
}
