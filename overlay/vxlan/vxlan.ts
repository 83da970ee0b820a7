import { once } from 'node:events';
import { applyStep, formatStep, type Step } from '../../linux/index.ts';
import { CommandError, type RunCommand } from '../../system/index.ts';
import type { Backend } from '../backend/backend.ts';
import { type ObservedVxlan, observeVxlan } from './observe.ts';
import { planVxlan, planVxlanRemoval } from './plan.ts';
import { nextHopOf } from './resolve.ts';
import { defaultVxlanSettings, type VxlanSettings } from './settings.ts';

/**
 * Packets to other hosts in UDP, in clear. The kernel carries them, with one entry for each peer in the forwarding table and in the neighbour
 * table of the device, so no frame is flooded and no address is asked for.
 */
export function createVxlan(
  { run }: { readonly run: RunCommand },
  options: Partial<VxlanSettings> = {},
): Backend<ObservedVxlan, Step> {
  const settings = { ...defaultVxlanSettings, ...options };
  const { device, port } = settings;
  const observe = (signal?: AbortSignal) => observeVxlan(run, device, signal);
  return {
    name: 'vxlan',
    slot: 0,
    device,
    port,
    overheadBytes: { 4: 50, 6: 70 },
    detect: (signal) => detectVxlan(run, signal),
    publicKey: async () => null,
    renewKey: async () => {},
    hop: ({ subnets }) => ({ device, gateway: nextHopOf(subnets) }),
    applier: {
      observe: (_desired, signal) => observe(signal),
      plan: (desired, observed) => planVxlan(settings, desired, observed),
      apply: (change, signal) => applyStep(run, change, signal),
      format: formatStep,
    },
    run: async (signal) => {
      if (!signal.aborted) await once(signal, 'abort');
    },
    traffic: async () => new Map(),
    remove: async (signal) => {
      for (const change of planVxlanRemoval(settings, await observe(signal))) await applyStep(run, change, signal);
    },
  };
}

/** Makes a device in a network namespace that ends with the command, because kernels load the module when it is needed. */
async function detectVxlan(run: RunCommand, signal?: AbortSignal): ReturnType<Backend['detect']> {
  try {
    const args = ['--net', 'ip', 'link', 'add', 'drover-test', 'type', 'vxlan', 'id', '1', 'dstport', '4789'];
    await run('unshare', args, signal ? { signal } : {});
    return { backend: 'vxlan', means: 'kernel', lacks: '' };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const lacks = `the kernel cannot make a VXLAN device (${error.stderr || error.message}): load the module vxlan`;
    return { backend: 'vxlan', means: null, lacks };
  }
}
