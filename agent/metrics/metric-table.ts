import { Counter, Gauge, type Registry } from 'prom-client';

export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** One metric, computed from `Numbers` at each scrape. A counter has a name that ends with `_total`. */
export interface Metric<Numbers> {
  readonly name: string;
  readonly help: string;
  readonly labels?: string[];
  /** Samples with equal labels are added. None: the metric is absent. */
  readonly read: (numbers: Numbers) => Iterable<Sample>;
}

/** Adds metrics to a registry. `prefix` is the beginning of their names: `drover_lb_`. */
export function addMetrics<Numbers>(
  registry: Registry,
  prefix: string,
  metrics: readonly Metric<Numbers>[],
  numbers: () => Numbers,
): void {
  for (const { name, help, labels: labelNames = [], read } of metrics) {
    const fill = (): void => {
      metric.reset();
      if (labelNames.length === 0) metric.remove();
      for (const [labels, value] of read(numbers())) metric.inc(labels, value);
    };
    const configuration = { name: `${prefix}${name}`, help, labelNames, registers: [registry], collect: fill };
    const metric = name.endsWith('_total') ? new Counter(configuration) : new Gauge(configuration);
  }
}
