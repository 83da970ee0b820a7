import { closeSync, openSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import type { Problem } from '../../model/index.ts';
import { createWakeUp } from '../../system/index.ts';
import type {
  Extension,
  ExtensionDependencies,
  ExtensionPlace,
  ExtensionReport,
  RunningExtension,
} from '../extension/extension.ts';
import type { KernelAnswers } from './kernel-answers.ts';
import { listPorts } from './ports.ts';
import { type KernelReport, renderReport } from './report.ts';
import { startKernelAnswers } from './start.ts';
import { createTableCopy } from './table-copy.ts';

/** Lets the kernel answer plain queries of containers; whatever it does not answer goes to the server. */
export const kernelAnswers: Extension = {
  name: 'kernel',
  start: (dependencies, place) => {
    const { settings, address, port } = place;
    if (settings.kernelAnswers !== 'auto' || !isIPv4(address)) return inactive({ mode: 'off' });
    const started = startKernelAnswers(dependencies, { address, port });
    if (started.ok) return run(started.value, dependencies, place);
    dependencies.log.warn(
      { problem: started.problem },
      'the kernel does not answer DNS; the server answers all queries',
    );
    return inactive({ mode: 'problem', problem: started.problem });
  },
};

const nothing = () => undefined;

function inactive(report: KernelReport): RunningExtension {
  return { follower: null, report: () => renderReport(report), lookAgain: nothing, close: nothing };
}

const LOOK_INTERVAL_MS = 1_000;
const OWN_NAMESPACE = -1;

function run(
  kernel: KernelAnswers,
  { clock, log, run }: ExtensionDependencies,
  place: ExtensionPlace,
): RunningExtension {
  const { bridge, namespace, portBindingsFile: bindingsFile } = place;
  const descriptor = namespace === null ? null : openSync(namespace, 'r');
  const path = descriptor === null ? null : `/proc/${process.pid}/fd/${descriptor}`;
  const closing = new AbortController();
  const wakeUp = createWakeUp(clock);
  let failure: Problem | null = null;
  const attach = async (): Promise<void> => {
    try {
      const { devices, bound } = await listPorts(run, { bridge, namespace: path, bindingsFile });
      kernel.bindPorts(bound);
      kernel.attachTo(devices, descriptor ?? OWN_NAMESPACE);
      failure = null;
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      if (failure?.what !== what) log.warn({ bridge, problem: what }, 'the kernel does not answer DNS on every port');
      failure = { subject: `ports of bridge ${bridge}`, what, hint: RETRY_HINT };
    }
  };
  const follow = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      await attach();
      await wakeUp.wait(LOOK_INTERVAL_MS, closing.signal);
    }
  };
  const following = follow();
  const report = (): ExtensionReport =>
    renderReport(failure ? { mode: 'problem', problem: failure } : { mode: 'on', ...kernel.stats() });
  return {
    follower: createTableCopy(kernel),
    report,
    lookAgain: wakeUp.wake,
    close: () => {
      if (closing.signal.aborted) return;
      closing.abort(new Error('the DNS server is closing'));
      kernel.close();
      void following.then(() => descriptor !== null && closeSync(descriptor));
    },
  };
}

const RETRY_HINT = 'No action needed: the server answers queries from these ports, and Drover retries every second.';
