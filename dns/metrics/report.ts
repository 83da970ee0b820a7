import { isJsonObject } from '../../model/index.ts';
import type { ExtensionReport } from '../extension/extension.ts';
import type { HotStats } from '../hot/index.ts';
import type { Batching } from '../listen/batching.ts';
import type { ForwarderReport } from '../upstream/create-forwarder.ts';
import type { TrafficReport } from './recorder.ts';

/** The report of the DNS process since its start. It is sent to the agent every few seconds, so it is small. */
export interface DnsReport extends TrafficReport {
  /** The table of the hot path. */
  readonly hot: Pick<HotStats, 'entries' | 'bytes' | 'loaded' | 'faults'>;
  readonly forwarding: ForwarderReport;
  readonly batching: Batching;
  /** By name. The state of each is in the report itself, under the same name. Absent in reports of older versions. */
  readonly extensions?: Readonly<Record<string, Pick<ExtensionReport, 'summary' | 'metrics'>>>;
  readonly served: Served;
}

/** The source of the answers. */
export interface Served {
  /** Revision of the state, or of the answers file. */
  readonly revision: number;
  /** Age: of the state since it was last confirmed (0 while connected to the agent), of a file since it was read. */
  readonly ageSeconds: number;
  /** Names in the answers file; absent for the state. */
  readonly names?: number;
  /** Failed attempts to read the answers file; absent for the state. */
  readonly failures?: number;
}

/** A report that was received over the feed. Null: not a report, or one of an incompatible version. */
export function asDnsReport(report: unknown): DnsReport | null {
  if (typeof report !== 'object' || report === null) return null;
  const said = report as Partial<Record<keyof DnsReport, unknown>>;
  const { forwarding } = said;
  const parts = [said.answers, said.types, said.paths, said.drops, said.hot, forwarding, said.batching, said.served];
  if (!parts.every(isJsonObject) || typeof said.queries !== 'number') return null;
  const { resolvers, loops, cache } = forwarding as Record<string, unknown>;
  return Array.isArray(resolvers) && Array.isArray(loops) && isJsonObject(cache) ? (report as DnsReport) : null;
}
