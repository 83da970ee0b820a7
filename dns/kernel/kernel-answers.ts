import type { Clock } from '../../system/index.ts';
import { type AskerMap, createAskerMap, createPortMap } from './address-maps.ts';
import { type AnswerMap, createAnswerMap } from './answer-map.ts';
import type { Bpf } from './bpf.ts';
import { type BoundPort, COUNTERS, encodeControl } from './layout.ts';
import { loadKernelProgram } from './program.ts';
import type { KernelStats } from './report.ts';

/** The answers of the kernel, kept up to date by the server. The kernel passes everything else to the server. */
export interface KernelAnswers extends Pick<AnswerMap, 'put' | 'drop'>, Pick<AskerMap, 'know'> {
  /** Call it before anything changes: the kernel passes everything to the server until `resume`. */
  pause(): void;
  /** `serial` of SOA records from now on. */
  resume(serial: number): void;
  forgetAskers(): void;
  /** Drops all answers. */
  clear(): void;
  /** Answers queries that arrive at these devices (index) of a network namespace (descriptor; -1: the one of this process). */
  attachTo(devices: ReadonlySet<number>, namespace: number): void;
  /** Answers only clients at one of these ports with the address of that port; null: any address at any port. */
  bindPorts(ports: readonly BoundPort[] | null): void;
  stats(): KernelStats;
  /** Idempotent. Detaches from all devices. */
  close(): void;
}

export interface KernelOptions {
  /** Of the service, dotted IPv4. The kernel ignores queries to other addresses. */
  readonly address: string;
  readonly port: number;
}

export interface KernelDependencies {
  readonly bpf: Bpf;
  /** Called at every heartbeat; false: the kernel passes everything to the server. */
  readonly mayAnswer: () => boolean;
  readonly clock: Pick<Clock, 'sleep'>;
  /** CLOCK_MONOTONIC in nanoseconds. */
  readonly nowNs: () => bigint;
  /** Number of CPUs that the kernel keeps counters for. */
  readonly cpus: number;
}

/** A quarter of the age at which the program ignores a heartbeat. */
const HEARTBEAT_MS = 50;
const ZERO = Buffer.alloc(4);

/** Loads the program. Throws if this kernel does not support it, or the process lacks the rights. */
export function createKernelAnswers(
  { bpf, nowNs, cpus, clock, mayAnswer }: KernelDependencies,
  { address, port }: KernelOptions,
  object: Buffer,
): KernelAnswers {
  const program = loadKernelProgram(bpf, object);
  const { maps } = program;
  const answers = createAnswerMap(bpf, maps.answers);
  const askers = createAskerMap(bpf, maps.askers);
  const bind = createPortMap(bpf, maps.ports);
  const devices = createDevices(bpf, program.program);
  const closing = new AbortController();
  const state = { active: true, serial: 0, guarded: false };
  const control = (): void => {
    const active = state.active && mayAnswer();
    const now = { ...state, active, heartbeatNs: nowNs(), epoch: answers.epoch(), address, port };
    bpf.update(maps.controls, ZERO, encodeControl(now));
  };
  /** The maps are gone after `close`, and calls that come late do nothing. */
  const open =
    <A extends readonly unknown[]>(action: (...args: A) => void) =>
    (...args: A): void => {
      if (!closing.signal.aborted) action(...args);
    };
  const change = (changes: Partial<typeof state>): void => {
    Object.assign(state, changes);
    control();
  };
  const beat = (): void => {
    control();
    answers.sweep();
  };
  void repeat(beat, clock, closing.signal);
  return {
    pause: open(() => change({ active: false })),
    resume: open((serial) => change({ active: true, serial })),
    put: open(answers.put),
    drop: open(answers.drop),
    know: open(askers.know),
    forgetAskers: open(askers.forgetAll),
    clear: open(() => {
      answers.clear();
      control();
    }),
    attachTo: open(devices.attachTo),
    bindPorts: open((ports) => {
      bind(ports ?? []);
      change({ guarded: ports !== null });
    }),
    stats: () => {
      const counters = closing.signal.aborted ? [] : COUNTERS.map((_, n) => readCounter(bpf, maps.counters, n, cpus));
      const [answered = 0, passedUnknown = 0, passedStale = 0, passedForeign = 0] = counters;
      const counted = { answered, passedUnknown, passedStale, passedForeign };
      return { entries: answers.size(), devices: devices.count(), ...counted };
    },
    close: open(() => {
      change({ active: false });
      closing.abort(new Error('the kernel stops answering'));
      devices.close();
      program.close();
    }),
  };
}

async function repeat(beat: () => void, clock: Pick<Clock, 'sleep'>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    beat();
    await clock.sleep(HEARTBEAT_MS, signal).catch(() => {});
  }
}

/** The devices that the program is attached to. */
function createDevices(bpf: Bpf, program: number) {
  const links = new Map<number, number>();
  const detachFromAllBut = (devices: ReadonlySet<number>): void => {
    for (const [device, link] of links) {
      if (devices.has(device)) continue;
      bpf.close(link);
      links.delete(device);
    }
  };
  return {
    count: () => links.size,
    attachTo: (devices: ReadonlySet<number>, namespace: number): void => {
      detachFromAllBut(devices);
      for (const device of devices) if (!links.has(device)) links.set(device, bpf.attach(program, device, namespace));
    },
    close: () => detachFromAllBut(new Set()),
  };
}

function readCounter(bpf: Bpf, map: number, index: number, cpus: number): number {
  const value = bpf.lookup(map, Buffer.from([index, 0, 0, 0]), cpus * 8);
  if (value === null) return 0;
  return Array.from({ length: cpus }, (_, cpu) => Number(value.readBigUInt64LE(cpu * 8))).reduce((a, b) => a + b, 0);
}
