import { closeSync, openSync } from 'node:fs';
import type { Problem } from '../../model/index.ts';
import { type Clock, createWakeUp, type Log, type RunCommand } from '../../system/index.ts';
import type { TableFollower } from '../hot/index.ts';
import type { KernelStats } from './kernel-answers.ts';
import { createKernelMirror } from './mirror.ts';
import { listPorts } from './ports.ts';
import { startKernelAnswers } from './start.ts';

/** What the kernel is to answer, and where. */
export interface KernelPlace {
  /** Of the service, dotted IPv4. */
  readonly address: string;
  readonly port: number;
  /** The bridge whose ports containers hang on. */
  readonly bridge: string;
  /** File of the network namespace the bridge is in; null: our own. */
  readonly namespace: string | null;
  /** The nft table of that namespace that binds its ports to addresses, if there is one; null: nobody is bound. */
  readonly guardTable: string | null;
}

/** `off`: not wanted. `problem`: it cannot be, and the server answers everything. */
export type KernelReport =
  | { readonly mode: 'off' }
  | { readonly mode: 'problem'; readonly problem: Problem }
  | ({ readonly mode: 'on' } & KernelStats);

export interface KernelService {
  /** Null: there is nobody to keep in step. */
  readonly mirror: TableFollower | null;
  report(): KernelReport;
  /** Containers came or went: looks at the bridge again. */
  lookAgain(): void;
  /** Idempotent; from here on everything goes to the server. */
  close(): void;
}

export interface KernelServiceDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly run: RunCommand;
  /** Whether the kernel may answer now: not while somebody watches queries go by. */
  readonly mayAnswer: () => boolean;
}

const OFF: KernelService = {
  mirror: null,
  report: () => ({ mode: 'off' }),
  lookAgain: () => undefined,
  close: () => undefined,
};
const LOOK_INTERVAL_MS = 1_000;

/** Lets the kernel answer where it can; where it cannot, says why and leaves everything to the server. */
export function createKernelService(deps: KernelServiceDependencies, place: KernelPlace | null): KernelService {
  if (place === null) return OFF;
  const { clock, log } = deps;
  const { address, port, namespace } = place;
  const started = startKernelAnswers({ clock, mayAnswer: deps.mayAnswer }, { address, port });
  if (!started.ok) {
    log.warn({ problem: started.problem }, 'the kernel does not answer by itself');
    return { ...OFF, report: () => ({ mode: 'problem', problem: started.problem }) };
  }
  const kernel = started.value;
  const descriptor = namespace === null ? null : openSync(namespace, 'r');
  const bridge = {
    bridge: place.bridge,
    guardTable: place.guardTable,
    namespace: descriptor === null ? null : `/proc/${process.pid}/fd/${descriptor}`,
  };
  const closing = new AbortController();
  const wakeUp = createWakeUp(clock);
  let problem: Problem | null = null;
  const attach = async (): Promise<void> => {
    try {
      const { devices, bound } = await listPorts(deps.run, bridge);
      kernel.bindPorts(bound);
      kernel.attachTo(devices, descriptor ?? OWN_NAMESPACE);
      problem = null;
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      const hint = 'the server answers what comes in there; it is tried again';
      if (problem?.what !== what) log.warn({ problem: what }, 'the kernel does not answer on every port');
      problem = { subject: `ports of bridge ${place.bridge}`, what, hint };
    }
  };
  const follow = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      await attach();
      await wakeUp.wait(LOOK_INTERVAL_MS, closing.signal);
    }
  };
  const following = follow();
  return {
    mirror: createKernelMirror(kernel),
    report: () => (problem ? { mode: 'problem', problem } : { mode: 'on', ...kernel.stats() }),
    lookAgain: wakeUp.wake,
    close: () => {
      if (closing.signal.aborted) return;
      closing.abort(new Error('the DNS server is closing'));
      kernel.close();
      void following.then(() => descriptor !== null && closeSync(descriptor));
    },
  };
}

const OWN_NAMESPACE = -1;
