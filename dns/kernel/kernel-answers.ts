import type { Clock } from '../../system/index.ts';
import type { Bpf } from './bpf.ts';
import {
  type BoundPort,
  COUNTERS,
  encodeAnswer,
  encodeControl,
  encodeKey,
  encodePort,
  ipv4Bytes,
  type KernelAnswer,
  MAPS,
} from './layout.ts';
import { loadKernelProgram } from './program.ts';

/** Answers the kernel gives by itself, kept in step by the server. Everything it is not told goes to the server. */
export interface KernelAnswers {
  /** From now on everything goes to the server, until `resume`: call it before anything changes. */
  pause(): void;
  /** `serial` of SOA records from now on. */
  resume(serial: number): void;
  /** Left out when the kernel cannot give it, or has no more room. `name`: wire form, lower case. */
  put(scope: number, type: number, name: Uint8Array, answer: KernelAnswer): void;
  drop(scope: number, type: number, name: Uint8Array): void;
  /** Whose names an IPv4 address (dotted) sees. */
  know(address: string, scope: number): void;
  /** Nobody is known any more. */
  forgetAskers(): void;
  /** No answer holds any more. */
  clear(): void;
  /** Answers what comes in on these devices (index) of a network namespace (descriptor; -1: our own), and no others. */
  attachTo(devices: ReadonlySet<number>, namespace: number): void;
  /** Answers only who asks from one of these ports under its own address; null: from any, under any. */
  bindPorts(ports: readonly BoundPort[] | null): void;
  stats(): KernelStats;
  /** Idempotent; every device is free and everything goes to the server. */
  close(): void;
}

export interface KernelStats {
  readonly entries: number;
  readonly devices: number;
  /** Counted by the kernel since the start. */
  readonly answered: number;
  readonly passedUnknown: number;
  /** Passed to the server because its heartbeat was late. */
  readonly passedStale: number;
  /** Passed on because the address is not known to be that of the port it came from. */
  readonly passedForeign: number;
}

export interface KernelOptions {
  /** Of the service; queries to other addresses are left alone. */
  readonly address: string;
  readonly port: number;
}

/** A quarter of what the program takes for late. */
const HEARTBEAT_MS = 50;
/** Answers of earlier epochs that are removed at a heartbeat. */
const SWEEP = 2_000;
const ZERO = Buffer.alloc(4);
const PRESENT = Buffer.from([1, 0, 0, 0]);

export interface KernelDependencies {
  readonly bpf: Bpf;
  /** Asked at every heartbeat; false: everything goes to the server. */
  readonly mayAnswer: () => boolean;
  readonly clock: Pick<Clock, 'sleep'>;
  /** CLOCK_MONOTONIC in nanoseconds. */
  readonly nowNs: () => bigint;
  /** How many CPUs the kernel keeps counters for. */
  readonly cpus: number;
}

/** Throws when this kernel cannot, or may not for us. */
export function createKernelAnswers(
  { bpf, nowNs, cpus, clock, mayAnswer }: KernelDependencies,
  { address, port }: KernelOptions,
  object: Buffer,
): KernelAnswers {
  const program = loadKernelProgram(bpf, object);
  const { answers, askers, ports, controls, counters } = program.maps;
  const links = new Map<number, number>();
  const known = new Set<string>();
  let keys = new Set<string>();
  let stale: string[] = [];
  let epoch = 1;
  let serial = 0;
  let bound = new Set<string>();
  let guarded = false;
  let active = true;
  let closed = false;

  const control = (): void => {
    if (!closed)
      bpf.update(
        controls,
        ZERO,
        encodeControl({ heartbeatNs: nowNs(), active: active && mayAnswer(), epoch, address, port, serial, guarded }),
      );
  };
  const sweep = (): void => {
    for (const key of stale.splice(0, SWEEP)) bpf.remove(answers, Buffer.from(key, 'latin1'));
  };
  const closing = new AbortController();
  const beat = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      control();
      sweep();
      await clock.sleep(HEARTBEAT_MS, closing.signal).catch(() => {});
    }
  };
  const total = (index: number): number => {
    const value = bpf.lookup(counters, Buffer.from([index, 0, 0, 0]), cpus * 8);
    return value === null
      ? 0
      : Array.from({ length: cpus }, (_, cpu) => Number(value.readBigUInt64LE(cpu * 8))).reduce((a, b) => a + b, 0);
  };
  void beat();
  return {
    pause: () => {
      active = false;
      control();
    },
    resume: (newest) => {
      serial = newest;
      active = true;
      control();
    },
    put: (scope, type, name, answer) => {
      const key = encodeKey({ epoch, scope, type, name });
      const value = encodeAnswer(type, answer);
      if (key === null || value === null || closed) return;
      const text = key.toString('latin1');
      if (!keys.has(text) && keys.size + stale.length >= MAPS.answers.maxEntries) return;
      bpf.update(answers, key, value);
      keys.add(text);
    },
    drop: (scope, type, name) => {
      const key = encodeKey({ epoch, scope, type, name });
      if (key !== null && !closed && keys.delete(key.toString('latin1'))) bpf.remove(answers, key);
    },
    know: (asker, scope) => {
      if (closed || (!known.has(asker) && known.size >= MAPS.askers.maxEntries)) return;
      const value = Buffer.alloc(4);
      value.writeUInt32LE(scope);
      bpf.update(askers, ipv4Bytes(asker), value);
      known.add(asker);
    },
    forgetAskers: () => {
      for (const asker of known) if (!closed) bpf.remove(askers, ipv4Bytes(asker));
      known.clear();
    },
    clear: () => {
      epoch = (epoch + 1) >>> 0;
      control();
      stale = [...stale, ...keys];
      keys = new Set();
    },
    attachTo: (devices, namespace) => {
      for (const [device, link] of links) {
        if (devices.has(device)) continue;
        bpf.close(link);
        links.delete(device);
      }
      for (const device of devices)
        if (!closed && !links.has(device)) links.set(device, bpf.attach(program.program, device, namespace));
    },
    bindPorts: (newest) => {
      if (closed) return;
      const wanted = new Set((newest ?? []).map((one) => encodePort(one).toString('latin1')));
      for (const key of bound) if (!wanted.has(key)) bpf.remove(ports, Buffer.from(key, 'latin1'));
      for (const key of wanted) if (!bound.has(key)) bpf.update(ports, Buffer.from(key, 'latin1'), PRESENT);
      bound = wanted;
      guarded = newest !== null;
      control();
    },
    stats: () => {
      const [answered = 0, passedUnknown = 0, passedStale = 0, passedForeign = 0] = closed
        ? []
        : COUNTERS.map((_, index) => total(index));
      return { entries: keys.size, devices: links.size, answered, passedUnknown, passedStale, passedForeign };
    },
    close: () => {
      if (closed) return;
      closing.abort(new Error('the kernel answers no more'));
      active = false;
      control();
      closed = true;
      for (const link of links.values()) bpf.close(link);
      links.clear();
      program.close();
    },
  };
}
