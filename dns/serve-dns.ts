import { type Clock, type Log, runCommand } from '../system/index.ts';
import type { HostView, SearchMode } from '../view/index.ts';
import { type AnswererOptions, createAnswerer } from './answer/answerer.ts';
import { guarded } from './answer/guarded.ts';
import { createTurns } from './answer/turns.ts';
import { type DnsControlDependencies, serveDnsControl } from './control/serve-control.ts';
import { createHotPath } from './hot/index.ts';
import { createKernelService, type KernelPlace } from './kernel/index.ts';
import { type Batching, chooseBatching } from './listen/batching.ts';
import { createGeneralPath } from './listen/general-path.ts';
import { choosePlace, type Listener, listenOn } from './listen/listen.ts';
import { countLosses } from './listen/losses.ts';
import { createLiveQueries, type LiveQueries } from './metrics/live-queries.ts';
import { createRecorder, type Recorder, type TrafficReport } from './metrics/recorder.ts';
import type { DnsReport, Served } from './metrics/report.ts';
import { createRecognition } from './source/recognition.ts';
import type { NameSource } from './source/source.ts';
import { createStateSource } from './source/state-source.ts';
import { createForwarder, type ForwarderOptions, type ForwarderReport } from './upstream/create-forwarder.ts';
import type { Forwarding } from './upstream/forwarder.ts';
import { createCookies } from './wire/cookies.ts';

export interface DnsDependencies extends Omit<NamesDependencies, 'source' | 'served'> {
  /** The newest view; asked once a query. */
  readonly view: () => HostView;
  /**
   * Called for a query from an address in a network of this host that nobody is known to have: looks once whether a
   * container has it now. True: the view knows it, or will in a moment. Calls for one address are made one at a time.
   */
  readonly identify: (address: string) => Promise<boolean>;
  /** How old the state is; default: always new. */
  readonly ageSeconds?: () => number;
}

export interface DnsOptions extends NamesOptions {
  /** What `rancher-metadata` stands for, default 169.254.169.250. */
  readonly metadataAddress?: string;
  /** Which names without our suffix are completed by the asker's search list; default: those that are surely ours. */
  readonly search?: SearchMode;
  /** How long a query from an unknown local address waits for `identify`, default 250. */
  readonly holdMs?: number;
}

/** What a source of names is given of the server that it is the source of. */
export interface SourceContext {
  readonly recorder: Recorder;
  /** Aborts when the server closes. */
  readonly signal: AbortSignal;
}

export interface NamesDependencies {
  readonly source: (context: SourceContext) => NameSource;
  /** What is answered from, for those who look. */
  readonly served: () => Served;
  /** Default upstream resolvers, `address` or `address:port` (`[v6]:port`), in order; a new array when they change. */
  readonly upstreams: () => readonly string[];
  /** Reads again what the source was made from; absent: it follows by itself. */
  readonly reload?: NonNullable<DnsControlDependencies['reload']>;
  /** Puts something between the server and what asks upstreams. */
  readonly adaptForwarding?: (forwarding: Forwarding) => Forwarding;
  /** Tells after each change of what is answered; gives what ends that. Without it changes are seen at the next query. */
  readonly onChange?: (listener: () => void) => () => void;
  /** Tells the listeners of changes that are none, before anybody is answered. */
  readonly rehearse?: () => void;
  /** Called when all is made ready, before it listens. */
  readonly onReady?: () => void;
  readonly clock: Clock;
  readonly log: Log;
}

export interface NamesOptions extends Pick<AnswererOptions, 'refuseAny' | 'udpPayloadBytes'> {
  /** UDP and TCP on each; port 0 takes a free one (the same for both). */
  readonly listen: readonly { readonly address: string; readonly port: number }[];
  /** TTL of our own names, default 1. */
  readonly ttlSeconds?: number;
  /** How upstreams are asked. */
  readonly forwarding?: ForwarderOptions;
  /** Whether to use recvmmsg and sendmmsg where they can be had; default `auto`. */
  readonly batching?: 'auto' | 'off';
  /** Where the kernel is to answer by itself what it can; default: nowhere. */
  readonly kernel?: KernelPlace | null;
  /** Where live queries and counters are to be had, over HTTP: the path of a unix socket; default: nowhere. */
  readonly control?: string | null;
  /** Whether another process of ours may listen there until it leaves; default false: the ports must be free. */
  readonly handOver?: boolean;
}

export interface DnsServer {
  /** What it really listens on, in the order of `listen`. */
  readonly addresses: readonly { readonly address: string; readonly port: number }[];
  readonly live: LiveQueries;
  /** How UDP is read and written, and why so. */
  readonly batching: Batching;
  stats(): TrafficReport;
  report(): DnsReport;
  /** Upstream resolvers, the cache, what waits. */
  forwarding(): ForwarderReport;
  /**
   * Makes room for the next process, which listens on the same ports: gets no more queries, and resolves when those that
   * came are answered, after 4 s at the latest. To be closed then.
   */
  leave(): Promise<void>;
  /** Idempotent; resolves when the last socket and timer is gone. */
  close(): Promise<void>;
}

/** Forwarded queries are answered within 3.5 s, and whoever ends us waits for 8 s. */
const LEAVE_WITHIN_MS = 4_000;
/** How long is worked before listening: so that it takes no time to start, and beside one that answers until this one is warm. */
const WARM_UP_MS = { alone: 100, beside: 2_000 };
const HOT_BYTES = 64 * 1024 * 1024;

/** Answers DNS from the state of this host. Rejects when an address cannot be bound, saying which. */
export function serveDns(dependencies: DnsDependencies, options: DnsOptions): Promise<DnsServer> {
  const source = ({ recorder, signal }: SourceContext): NameSource => {
    const onHold = () => recorder.happened('held');
    const recognition = createRecognition(dependencies, { holdMs: options.holdMs ?? 250, onHold, signal });
    const metadataAddress = options.metadataAddress ?? '169.254.169.250';
    const search = options.search ?? 'own';
    return createStateSource({ view: dependencies.view, recognition }, { metadataAddress, search });
  };
  const { view, ageSeconds = () => 0 } = dependencies;
  const served = (): Served => ({ revision: view().revision, ageSeconds: ageSeconds() });
  return serveNames({ ...dependencies, source, served }, options);
}

/** Answers DNS from any source of names, on UDP and TCP. Rejects when an address cannot be bound, saying which. */
export async function serveNames(dependencies: NamesDependencies, options: NamesOptions): Promise<DnsServer> {
  const { clock, log } = dependencies;
  const handOver = options.handOver ?? false;
  // Before all that costs time: whoever waits for a port tries again and again.
  const places = await Promise.all(options.listen.map((at) => choosePlace({ ...at, handOver })));
  const closing = new AbortController();
  const recorder = createRecorder();
  const live = createLiveQueries({ clock });
  const ourselves = () => listeners.map(({ listen }) => listen);
  const forwarder = createForwarder(
    { upstreams: dependencies.upstreams, ourselves, clock, log },
    options.forwarding ?? {},
  );
  const source = dependencies.source({ recorder, signal: closing.signal });
  const { adaptForwarding = (forwarding) => forwarding } = dependencies;
  // Elsewhere on each host and after each start: else a thousand hosts would all begin with the first endpoint.
  const turns = createTurns(Math.floor(Math.random() * 2 ** 32));
  const cookies = createCookies({ clock });
  const answerer = createAnswerer(
    { source, forwarder: adaptForwarding(forwarder), turns, recorder, cookies },
    {
      ttlSeconds: options.ttlSeconds ?? 1,
      refuseAny: options.refuseAny ?? false,
      udpPayloadBytes: options.udpPayloadBytes ?? 1_232,
    },
  );
  const answer = guarded(answerer, { recorder, live, clock, log });
  const mayAnswer = () => !live.watched();
  const kernel = createKernelService({ clock, log, run: runCommand, mayAnswer }, options.kernel ?? null);
  const { mirror } = kernel;
  const hot = createHotPath(
    { source, answerer, divert: live.divert, ...(mirror ? { mirror } : {}) },
    { maxBytes: HOT_BYTES, udpPayloadBytes: options.udpPayloadBytes ?? 1_232 },
  );
  const general = createGeneralPath({ answer, recorder });
  const { addon, batching } = chooseBatching(options.batching ?? 'auto');
  const listeners: Listener[] = [];
  let closeControl = async (): Promise<void> => undefined;
  const ignoreChanges = dependencies.onChange?.(() => {
    hot.catchUp();
    kernel.lookAgain();
  });
  const close = async (): Promise<void> => {
    closing.abort(new Error('the DNS server is closing'));
    ignoreChanges?.();
    kernel.close();
    forwarder.close();
    await closeControl();
    await Promise.all(listeners.map((listener) => listener.close()));
  };
  try {
    hot.warmUp(handOver ? WARM_UP_MS.beside : WARM_UP_MS.alone);
    dependencies.rehearse?.();
    dependencies.onReady?.();
    const onDrop = () => recorder.dropped('connection');
    const context = { fast: hot.answer, onFast: recorder.tookHot, general, clock, answer, addon, onDrop };
    for (const at of places) listeners.push(await listenOn(context, at));
    const settle = () => void (closing.signal.aborted || hot.settle() || setImmediate(settle));
    settle();
  } catch (error) {
    await close();
    throw error;
  }
  const sampleLosses = countLosses(recorder, listeners);
  const stats = (): TrafficReport => {
    sampleLosses();
    return recorder.read(hot.stats().answered);
  };
  const report = (): DnsReport => {
    const { entries, bytes, loaded, faults } = hot.stats();
    const served = dependencies.served();
    return {
      ...stats(),
      hot: { entries, bytes, loaded, faults },
      forwarding: forwarder.report(),
      batching,
      kernel: kernel.report(),
      served,
    };
  };
  const watched = { live, askerAt: source.known, report, clock, log, signal: closing.signal };
  const { reload } = dependencies;
  closeControl = await serveDnsControl(reload ? { ...watched, reload } : watched, options.control ?? null);
  return {
    addresses: listeners.map(({ listen }) => listen),
    live,
    batching,
    forwarding: forwarder.report,
    stats,
    report,
    leave: async () => {
      kernel.close();
      const signal = AbortSignal.timeout(LEAVE_WITHIN_MS);
      await Promise.all(listeners.map((listener) => listener.leave(signal)));
    },
    close,
  };
}
