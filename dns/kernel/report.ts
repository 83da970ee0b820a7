import type { Problem } from '../../model/index.ts';
import type { ExtensionReport, Metric } from '../extension/extension.ts';

export interface KernelStats {
  /** Answers the kernel has. */
  readonly entries: number;
  /** Ports it answers on. */
  readonly devices: number;
  /** Queries since the start. */
  readonly answered: number;
  readonly passedUnknown: number;
  /** Passed to the server because its heartbeat was late. */
  readonly passedStale: number;
  /** Passed on because the address does not belong to the port, as far as is known. */
  readonly passedForeign: number;
}

/** `off`: not configured. `problem`: it does not work, and the server answers all queries. */
export type KernelReport =
  | { readonly mode: 'off' }
  | { readonly mode: 'problem'; readonly problem: Problem }
  | ({ readonly mode: 'on' } & KernelStats);

export function renderReport(report: KernelReport): ExtensionReport {
  switch (report.mode) {
    case 'off':
      return { state: report, summary: null, metrics: [] };
    case 'problem':
      return { state: report, summary: `the kernel does not answer: ${report.problem.what}`, metrics: [] };
    case 'on':
      return {
        state: report,
        summary: `${report.answered.toLocaleString('en')} more by the kernel`,
        metrics: metricsOf(report),
      };
  }
}

function metricsOf(stats: KernelStats): readonly Metric[] {
  const { answered, passedUnknown, passedStale, passedForeign, entries, devices } = stats;
  const passed = { unknown: passedUnknown, stale: passedStale, foreign: passedForeign };
  return [
    {
      kind: 'counter',
      name: 'kernel_answers_total',
      help: 'Queries the kernel answered, counted nowhere else',
      samples: [[{}, answered]],
    },
    {
      kind: 'counter',
      name: 'kernel_passed_total',
      help: 'Plain queries the kernel left to the server, by reason',
      samples: Object.entries(passed).map(([reason, count]) => [{ reason }, count] as const),
    },
    { kind: 'gauge', name: 'kernel_entries', help: 'Answers the kernel has', samples: [[{}, entries]] },
    { kind: 'gauge', name: 'kernel_devices', help: 'Ports the kernel answers on', samples: [[{}, devices]] },
  ];
}
