import { createRecorder } from '../../../dns/metrics/recorder.ts';
import type { DnsReport } from '../../../dns/metrics/report.ts';

/** The report of a process after some traffic. */
export function someReport(changes: Partial<DnsReport> = {}): DnsReport {
  const recorder = createRecorder();
  recorder.answered('general', 1, 0, 100);
  recorder.answered('general', 28, 3, 300);
  recorder.answered('forwarded', 1, 0, 20_000);
  recorder.answered('cached', 65, 0, 90);
  recorder.tookHot(10, 996);
  recorder.dropped('flood', 3);
  recorder.happened('held');
  const traffic = recorder.read([
    { type: 1, rcode: 0, count: 900 },
    { type: 28, rcode: 0, count: 96 },
  ]);
  return {
    ...traffic,
    hot: { entries: 12, bytes: 4_096, loaded: 14, faults: 0 },
    forwarding: {
      resolvers: [
        { at: '10.0.0.2:53', queries: 7, failures: 0, unexpected: 1, tcp: 1, rttMs: 1.25, suspectForMs: null },
        { at: '10.0.0.3:53', queries: 4, failures: 4, unexpected: 0, tcp: 0, rttMs: null, suspectForMs: 12_345 },
      ],
      loops: [],
      cache: { entries: 5, bytes: 2_000, hits: 1, misses: 2, stale: 0, evictions: 0 },
      underWay: 0,
      refused: 0,
    },
    batching: { mode: 'batch', problem: null },
    served: { revision: 42, ageSeconds: 0 },
    ...changes,
  };
}
