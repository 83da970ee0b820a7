import type { Clock } from '../system/index.ts';
import { type Answering, createAnswering } from './answering.ts';
import { serveDnsControl } from './control/serve-control.ts';
import { type Batching, chooseBatching } from './listen/batching.ts';
import { createGeneralPath } from './listen/general-path.ts';
import { choosePlace, type Listener, type ListenOptions, listenOn } from './listen/listen.ts';
import { createLiveQueries, type LiveQueries } from './metrics/live-queries.ts';
import { createRecorder, type Recorder, type TrafficReport } from './metrics/recorder.ts';
import type { DnsReport, Served } from './metrics/report.ts';
import { createLossSampler } from './metrics/socket-losses.ts';
import type { NamesDependencies, NamesOptions } from './names-options.ts';
import type { ForwarderReport } from './upstream/create-forwarder.ts';

export interface DnsServer {
  /** The bound addresses, in the order of `listen`. */
  readonly addresses: readonly { readonly address: string; readonly port: number }[];
  readonly live: LiveQueries;
  /** How UDP is read and written, and why. */
  readonly batching: Batching;
  stats(): TrafficReport;
  report(): DnsReport;
  /** Upstream resolvers, the cache, and queries in flight. */
  forwarding(): ForwarderReport;
  /**
   * Stops taking queries, so that the next process on the same ports gets them. Resolves when all received queries are
   * answered, after 4 s at the latest. Close the server then.
   */
  leave(): Promise<void>;
  /** Idempotent; resolves when the last socket and timer is gone. */
  close(): Promise<void>;
}

/** Forwarded queries are answered within 3.5 s, and the supervisor waits 8 s for us to end. */
const LEAVE_WITHIN_MS = 4_000;
/** Time for warming up before listening: short when starting alone, longer beside a process that still answers. */
const WARM_UP_MS = { alone: 100, beside: 2_000 };

/** Answers DNS from any source of names, on UDP and TCP. Rejects when an address cannot be bound, saying which. */
export async function serveNames(dependencies: NamesDependencies, options: NamesOptions): Promise<DnsServer> {
  const { clock, log, reload } = dependencies;
  const handOver = options.handOver ?? false;
  // Before everything that takes time: a supervisor that waits for a free port retries quickly.
  const places = await Promise.all(options.listen.map((at) => choosePlace({ ...at, handOver })));
  const closing = new AbortController();
  const { signal } = closing;
  const recorder = createRecorder();
  const live = createLiveQueries({ clock });
  const listeners: Listener[] = [];
  const ourselves = () => listeners.map(({ listen }) => listen);
  const answering = createAnswering(dependencies, options, { recorder, live, ourselves, signal });
  const { hot, extensions, forwarder, source } = answering;
  const { addon, batching } = chooseBatching(options.batching ?? 'auto');
  let closeControl = async (): Promise<void> => undefined;
  const ignoreChanges = dependencies.onChange?.(() => {
    hot.catchUp();
    for (const extension of extensions.values()) extension.lookAgain();
  });
  const closeExtensions = (): void => {
    for (const extension of extensions.values()) extension.close();
  };
  const close = async (): Promise<void> => {
    closing.abort(new Error('the DNS server is closing'));
    ignoreChanges?.();
    closeExtensions();
    forwarder.close();
    await closeControl();
    await Promise.all(listeners.map((listener) => listener.close()));
  };
  try {
    hot.warmUp(handOver ? WARM_UP_MS.beside : WARM_UP_MS.alone);
    dependencies.rehearse?.();
    dependencies.onReady?.();
    await listenOnAll(listeners, places, { answering, recorder, clock, addon });
  } catch (error) {
    await close();
    throw error;
  }
  const reports = createReports(answering, { recorder, listeners, batching, served: dependencies.served });
  const control = { live, askerAt: source.known, report: reports.report, clock, log, signal };
  closeControl = await serveDnsControl(reload ? { ...control, reload } : control, options.control ?? null);
  return {
    addresses: ourselves(),
    live,
    batching,
    forwarding: forwarder.report,
    ...reports,
    leave: async () => {
      closeExtensions();
      const patience = AbortSignal.timeout(LEAVE_WITHIN_MS);
      await Promise.all(listeners.map((listener) => listener.leave(patience)));
    },
    close,
  };
}

interface ListenParts {
  readonly answering: Answering;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly addon: ReturnType<typeof chooseBatching>['addon'];
}

/** Adds each listener as soon as it is bound, so that those before a failure can be closed. */
async function listenOnAll(
  listeners: Listener[],
  places: readonly ListenOptions[],
  { answering: { answer, hot }, recorder, clock, addon }: ListenParts,
): Promise<void> {
  const general = createGeneralPath({ answer, onFlood: () => recorder.dropped('flood') });
  const onDrop = () => recorder.dropped('connection');
  const context = { fast: hot.answer, onFast: recorder.tookHot, general, clock, answer, addon, onDrop };
  for (const at of places) listeners.push(await listenOn(context, at));
}

interface ReportParts {
  readonly recorder: Recorder;
  readonly listeners: readonly Listener[];
  readonly batching: Batching;
  readonly served: () => Served;
}

function createReports(
  { hot, extensions, forwarder }: Answering,
  { recorder, listeners, batching, served }: ReportParts,
): Pick<DnsServer, 'stats' | 'report'> {
  const sampleLosses = createLossSampler(recorder, listeners);
  const stats = (): TrafficReport => {
    sampleLosses();
    return recorder.read(hot.stats().answered);
  };
  const report = (): DnsReport => {
    const { entries, bytes, loaded, faults } = hot.stats();
    const reports = [...extensions].map(([name, extension]) => ({ name, ...extension.report() }));
    return {
      ...stats(),
      ...Object.fromEntries(reports.map(({ name, state }) => [name, state])),
      hot: { entries, bytes, loaded, faults },
      forwarding: forwarder.report(),
      batching,
      extensions: Object.fromEntries(reports.map(({ name, summary, metrics }) => [name, { summary, metrics }])),
      served: served(),
    };
  };
  return { stats, report };
}
