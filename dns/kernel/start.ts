import { readFileSync } from 'node:fs';
import { ok, problem, type Result } from '../../model/index.ts';
import type { Clock } from '../../system/index.ts';
import { loadAddon } from '../native/load.ts';
import { type BpfAddon, createBpf } from './bpf.ts';
import { createKernelAnswers, type KernelAnswers, type KernelOptions } from './kernel-answers.ts';

const POSSIBLE_CPUS = '/sys/devices/system/cpu/possible';

/** Starts the answers of the kernel. The problem says why that is not possible. */
export function startKernelAnswers(
  { clock, mayAnswer }: { readonly clock: Clock; readonly mayAnswer: () => boolean },
  options: KernelOptions,
): Result<KernelAnswers> {
  const addon = loadAddon<BpfAddon>('bpf');
  if (!addon.ok) return addon;
  try {
    const object = readFileSync(new URL('answer.bpf.o', import.meta.url));
    const cpus = countCpus(readFileSync(POSSIBLE_CPUS, 'utf8'));
    const deps = { bpf: createBpf(addon.value), clock, mayAnswer, cpus, nowNs: () => process.hrtime.bigint() };
    return ok(createKernelAnswers(deps, options, object));
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    return problem(
      'answers of the kernel',
      what,
      'Use Linux 6.6 or later, and run with CAP_BPF and CAP_NET_ADMIN; or set `dns.kernelAnswers: off`. The server answers meanwhile.',
    );
  }
}

/** `0-3,8` are five CPUs. */
export function countCpus(list: string): number {
  return list
    .trim()
    .split(',')
    .map((range) => range.split('-').map(Number))
    .reduce((count, [first = 0, last = first]) => count + last - first + 1, 0);
}
