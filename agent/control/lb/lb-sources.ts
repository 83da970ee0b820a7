import {
  type Certificate,
  createTableReader,
  type LbStatus,
  type LbTable,
  type LoadBalancer,
  type StatRow,
} from '../../../lb/index.ts';
import type { Problem } from '../../../model/index.ts';
import type { HostView } from '../../../view/index.ts';
import type { LbNumbers } from './lb-metrics.ts';

/** The load balancer of this host, for people. */
export interface LbSources {
  /** What HAProxy should do. */
  readonly table: () => LbTable;
  readonly status: () => LbStatus;
  /** Its live numbers; null: it does not run, or does not reply. */
  readonly stat: () => Promise<readonly StatRow[] | null>;
  /** Its configuration file; null: it has none. */
  readonly config: () => Promise<string | null>;
  readonly certificates: () => ReadonlyMap<string, Certificate>;
}

/** How long HAProxy may take to tell its numbers. */
const STAT_MS = 2_000;

/** `balancer`: null if the configuration switches it off. */
export function createLbSources(balancer: LoadBalancer | null, view: () => HostView, signal: AbortSignal): LbSources {
  if (balancer === null) return SWITCHED_OFF;
  const readTable = createTableReader();
  const { status, readStat, config, certificates } = balancer;
  const stat = () => readStat(AbortSignal.any([signal, AbortSignal.timeout(STAT_MS)]));
  return { table: () => readTable(view()), status, stat, config, certificates };
}

const SWITCHED_OFF: LbSources = {
  table: () => ({ listeners: [], backends: [], customConfigs: [], problems: [] }),
  status: () => ({ ...NO_STATUS, problems: [OFF] }),
  stat: async () => null,
  config: async () => null,
  certificates: () => new Map(),
};

const NO_STATUS: LbStatus = {
  state: 'idle',
  version: null,
  features: [],
  structure: null,
  isCurrent: true,
  generations: 0,
  reloads: 0,
  reloadFailures: 0,
  lastReloadAtMs: null,
  serverChanges: 0,
  problems: [],
};

const OFF: Problem = {
  subject: 'load balancer',
  what: 'is switched off on this host',
  hint: 'no action needed; to publish services here, set `lb.enabled` to true',
};

export async function lbNumbers({ table, status, stat, certificates }: LbSources): Promise<LbNumbers> {
  const ends = [...certificates()].map(([name, { notAfterMs }]) => [name, notAfterMs] as const);
  return { table: table(), status: status(), stat: await stat(), certificates: new Map(ends) };
}

/** The load balancer in the status of the agent. */
export interface LbSummary extends Pick<LbStatus, 'state' | 'version' | 'features' | 'reloads' | 'generations'> {
  readonly listeners: number;
  readonly rules: number;
}

/** Null: this host balances nothing. */
export function summarizeLb({ table, status }: Pick<LbSources, 'table' | 'status'>): LbSummary | null {
  const { listeners } = table();
  if (listeners.length === 0) return null;
  const { state, version, features, reloads, generations } = status();
  const rules = listeners.reduce((sum, listener) => sum + listener.rules.length, 0);
  return { state, version, features, reloads, generations, listeners: listeners.length, rules };
}

/** HAProxy's configuration without hashes of passwords. */
export function withoutSecrets(config: string): string {
  return config.replaceAll(/^(\s*user\s+\S+\s+(?:insecure-)?password\s+)\S+/gm, '$1***');
}
