import { chmod, mkdir, readFile } from 'node:fs/promises';
import { parseStatRows } from '../../haproxy/index.ts';
import type { Problem } from '../../model/index.ts';
import { type Component, keepIdentical } from '../../reconcile/index.ts';
import type { Clock, Log, RunCommand } from '../../system/index.ts';
import type { HostView } from '../../view/index.ts';
import { type Certificate, CertificateStore, createHaproxyCheck } from '../certificates/index.ts';
import { createRenderer } from '../render/index.ts';
import { createTableReader } from '../table/read-table.ts';
import type { LbTable } from '../table/table.ts';
import { Candidates } from './candidates.ts';
import { LbApplier } from './lb-applier.ts';
import { lbFiles } from './lb-files.ts';
import { Keeper, type LbProcess } from './lb-process.ts';
import type { LbStatus } from './lb-status.ts';
import { LiveHaproxy } from './live-haproxy.ts';
import { readOldStat } from './old-workers.ts';
import type { Change, Desired, Observed } from './plan.ts';
import { STAT_COLUMNS, type StatRow } from './stat.ts';

export interface LoadBalancerDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly run: RunCommand;
  readonly process: LbProcess;
  /** Called when there may be something to do although the view is the same. */
  readonly onChange: () => void;
  /** Default: the table of the view. */
  readonly readTable?: (view: HostView) => LbTable;
}

export interface LoadBalancerSettings {
  /** Of configuration, sockets and certificates for HAProxy; only the agent can read it. */
  readonly directory: string;
  /** How HAProxy is called. */
  readonly command: string;
  /** Where the operator puts certificates. */
  readonly certificates: string;
  /** How long connections of an earlier configuration may stay open after a reload. */
  readonly oldConnectionsMs: number;
  /** How long a stopping container may finish its requests, unless its balancer says something else. */
  readonly drainTimeoutMs: number;
}

/** The load balancer of this host. */
export interface LoadBalancer {
  readonly component: Component<HostView, Desired, Observed, Change>;
  /** Reads certificates, finds configurations, and keeps HAProxy. Works until `signal` aborts; HAProxy runs on. Call once. */
  run(signal: AbortSignal): Promise<void>;
  status(): LbStatus;
  /** Those of the directory, by name. */
  certificates(): ReadonlyMap<string, Certificate>;
  /** Lines of `show stat`; null: HAProxy does not run, or does not reply. */
  readStat(signal: AbortSignal): Promise<readonly StatRow[] | null>;
  /** Those of servers in workers that finish connections after a reload; null: one does not reply. Read them after `readStat`, which misses nothing then. */
  readOldStat(signal: AbortSignal): Promise<readonly StatRow[] | null>;
  /** The configuration file; null: there is none. */
  config(): Promise<string | null>;
}

export function createLoadBalancer(
  { clock, log, run, process, onChange, readTable = createTableReader() }: LoadBalancerDependencies,
  settings: LoadBalancerSettings,
): LoadBalancer {
  const files = lbFiles(settings.directory);
  const keeper = new Keeper(process);
  const live = new LiveHaproxy({ clock, masterPid: () => process.pid() }, files);
  const store = new CertificateStore(
    { clock, log, refused: createHaproxyCheck(run, [settings.command]) },
    { directory: settings.certificates, privateDirectory: files.certificates },
  );
  /** Before, there are none yet, which must not take those of a running HAProxy away. */
  let knowsCertificates = false;
  const inForce = () => ({ structure: live.worker?.structure ?? null, ports: live.ports });
  const candidates = new Candidates(
    { clock, log, run, render: createRenderer(), certificates: () => store.current, inForce, onChange },
    { ...settings, files },
  );
  const problems = (): readonly Problem[] => [
    ...[candidates.problem, keeper.problem()].filter((one) => one !== null),
    ...candidates.tableProblems,
    ...(candidates.accepted?.problems ?? []),
    ...(keeper.isKept ? store.problems() : []),
  ];
  const applier = new LbApplier({ clock, log, keeper, live, candidates, problems }, { ...settings, files });
  const desiredOf = keepIdentical(
    (table: LbTable, config: Desired['config'], certificates: Desired['certificates']): Desired => {
      return { table, config, certificates };
    },
  );
  return {
    component: {
      name: 'load-balancer',
      desired: (view) => {
        if (!view.snapshot.complete || !knowsCertificates) return null;
        return desiredOf(readTable(view), candidates.accepted?.config ?? null, store.current);
      },
      applier: applier.applier,
      intervalMs: applier.intervalMs,
      retry: { minMs: 200, maxMs: 5_000 },
    },
    run: async (signal) => {
      await mkdir(files.directory, { recursive: true });
      // HAProxy's workers connect to sockets in it. Files are for the agent alone.
      await chmod(files.directory, 0o711);
      const removeListener = store.onChange(onChange);
      const reading = store.run(signal);
      await Promise.race([store.loaded, reading]);
      knowsCertificates = true;
      onChange();
      await candidates.run(signal);
      await Promise.all([reading, keeper.close()]);
      removeListener();
    },
    status: () => ({
      state: live.worker !== null ? 'running' : keeper.isKept ? 'starting' : 'idle',
      version: candidates.installed?.version ?? null,
      features: candidates.installed?.features ?? [],
      structure: live.worker?.structure ?? null,
      isCurrent: live.worker === null ? !keeper.isKept : applier.isOurs && candidates.isCurrent && applier.hasRules,
      generations: live.generations,
      ...applier.counts,
      serverChanges: live.serverChanges,
      problems: problems(),
    }),
    certificates: () => store.current,
    readStat: async (signal) => {
      const reply = live.worker && (await live.ask('show stat', signal).catch(() => null));
      const rows = reply === null ? null : parseStatRows(reply, STAT_COLUMNS);
      return rows && applier.backendRows(rows);
    },
    readOldStat: async (signal) => (live.generations > 1 ? readOldStat(files.master, signal) : []),
    config: () => readFile(files.config, 'utf8').catch(() => null),
  };
}
