import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createLbProcess, lbFilesOf } from '../../../agent/lb/lb-process.ts';
import { askHaproxy } from '../../../haproxy/index.ts';
import { createLoadBalancer, type LbFiles, type LbTable, type LoadBalancer } from '../../../lb/index.ts';
import type { Problem } from '../../../model/index.ts';
import { createDriver } from '../../../reconcile/index.ts';
import { systemClock as clock, runCommand as run } from '../../../system/index.ts';
import type { HostView } from '../../../view/index.ts';
import { startDaemon } from '../daemon.ts';
import { poll } from '../poll.ts';
import type { Resources } from '../resources.ts';
import { testLog } from '../test-log.ts';

/** The load balancer of a host with a real HAProxy, for tables that a test makes. */
export interface BalancedHost {
  readonly files: LbFiles;
  readonly runDir: string;
  /** The one that runs now. */
  readonly balancer: LoadBalancer;
  setTable(table: LbTable): void;
  /** Resolves when HAProxy does what the newest table says. */
  settled(): Promise<void>;
  /** Those of its component. */
  problems(): readonly Problem[];
  /** Ends the load balancer of the agent; HAProxy runs on. */
  leave(): Promise<void>;
  /** Starts it again, as another agent does. */
  enter(): void;
  pid(): number | null;
  ask(commands: string): Promise<string>;
  stopHaproxy(): Promise<void>;
}

export interface BalancedHostOptions {
  readonly oldConnectionsMs?: number;
  readonly drainTimeoutMs?: number;
  readonly certificates?: string;
  /** How HAProxy is called. */
  readonly haproxy?: string;
  /** False: `bin/drover-lb` starts HAProxy, as in a container of its own. */
  readonly supervise?: boolean;
}

const HAPROXY = resolve('test/support/haproxy');
const EMPTY: LbTable = { listeners: [], backends: [], customConfigs: [], problems: [] };

export async function startBalancedHost(
  resources: Resources,
  options: BalancedHostOptions = {},
): Promise<BalancedHost> {
  const runDir = await mkdtemp(join(tmpdir(), 'drover-lb-'));
  resources.add(`directory ${runDir}`, () => rm(runDir, { recursive: true, force: true }));
  await chmod(runDir, 0o755);
  const log = testLog('lb');
  const {
    oldConnectionsMs = 5_000,
    drainTimeoutMs = 15_000,
    certificates = join(runDir, 'given'),
    haproxy = HAPROXY,
    supervise = true,
  } = options;
  const lb = { enabled: true, haproxy, supervise, certificates, oldConnectionsMs, drainTimeoutMs };
  const files = lbFilesOf({ runDir });
  if (!supervise) {
    const container = startDaemon(resolve('bin/drover-lb'), [runDir]);
    resources.add('bin/drover-lb', () => container.stop());
  }
  let [table, revision] = [EMPTY, 0];

  const start = () => {
    const process = createLbProcess({ clock, log }, { runDir, lb });
    const end = new AbortController();
    const balancer = createLoadBalancer(
      { clock, log, run, process, onChange: () => driver.changed(), readTable: () => table },
      { ...lb, command: haproxy, directory: files.directory },
    );
    const view = () => ({ snapshot: { complete: true }, revision }) as HostView;
    const driver = createDriver({ clock, log }, { view, components: [balancer.component as never], intervalMs: 3_000 });
    const lives = [
      driver.run(end.signal),
      ...driver.loops.map((loop) => loop.run(end.signal)),
      balancer.run(end.signal),
    ];
    const leave = async (): Promise<void> => {
      end.abort();
      await Promise.all(lives);
    };
    return { process, balancer, driver, leave };
  };
  let running = start();
  const stopHaproxy = async (): Promise<void> => {
    await running.leave();
    await running.process.stop();
  };
  resources.add('load balancer', stopHaproxy);
  const signal = new AbortController().signal;
  return {
    files,
    runDir,
    get balancer() {
      return running.balancer;
    },
    setTable: (next) => {
      table = next;
      revision += 1;
      running.driver.changed();
    },
    settled: async () => {
      const status = () => running.driver.loops[0]?.status();
      const hasState = () => (running.balancer.status().state === 'idle') === (table.listeners.length === 0);
      const isCurrent = () => running.balancer.status().isCurrent && hasState();
      await poll(() => status()?.lastAppliedRevision === revision && status()?.lastError === null && isCurrent(), {
        what: 'the newest table',
        timeoutMs: 20_000,
        intervalMs: 2,
      }).catch((error: Error) => {
        throw new Error(`${error.message}: ${JSON.stringify([status(), running.balancer.status()])}`);
      });
    },
    problems: () => running.driver.loops[0]?.status().problems ?? [],
    leave: () => running.leave(),
    enter: () => {
      running = start();
    },
    pid: () => running.process.pid(),
    ask: (commands) => askHaproxy(files.admin, commands, { signal, timeoutMs: 2_000 }),
    stopHaproxy,
  };
}
