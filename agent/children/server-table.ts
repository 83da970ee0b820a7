import type { Config } from '../config/config.ts';
import { AGENT_NAMESPACE } from './agent-namespace.ts';

/**
 * A process beside the agent that containers send requests to. Its name is its command (`drover dns`), its role in the feed (each
 * kind of fact in `facts/` says what a role reads of it), and the name of its files in the run directory.
 */
export interface ServerDefinition {
  /** In messages: `DNS server`. */
  readonly title: string;
  /** The section of the configuration it is started with; a process with another one is replaced. */
  readonly section: (config: Config) => unknown;
  /** Arguments besides the command and the configuration. */
  readonly args: readonly string[];
  readonly handOver: HandOver;
  /** Its metrics in Prometheus' text format, from its report; absent: its report consists of counters. */
  readonly renderMetrics?: (report: unknown) => Promise<string>;
}

/** How a new version takes over from the process that still serves. */
export interface HandOver {
  /** Arguments that let it listen beside the old process; absent: it takes the port once the old process has ended. */
  readonly args?: readonly string[];
  /** The field of its report that is true once the old process may end. */
  readonly readyWhen: 'serving' | 'loaded';
}

const dns: ServerDefinition = {
  title: 'DNS server',
  section: (config) => config.dns,
  args: ['--host-namespace', AGENT_NAMESPACE],
  handOver: { args: ['--hand-over'], readyWhen: 'serving' },
  renderMetrics: async (report) => {
    const { asDnsReport, renderDnsMetrics } = await import('../../dns/metrics/index.ts');
    const read = asDnsReport(report);
    return read ? renderDnsMetrics(read) : '';
  },
};

const metadata: ServerDefinition = {
  title: 'metadata server',
  section: (config) => config.metadata,
  args: [],
  handOver: { readyWhen: 'loaded' },
};

/** All processes beside the agent. */
export const SERVERS = { dns, metadata };

export type ServerName = keyof typeof SERVERS;

export const SERVER_NAMES = Object.keys(SERVERS) as readonly ServerName[];
