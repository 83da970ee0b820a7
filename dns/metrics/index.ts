// A door of its own, for those who show what the DNS process reports: they need nothing of what answers.
export { quantileMicros } from './histogram.ts';
export { renderDnsMetrics } from './prometheus.ts';
export { asDnsReport, type DnsReport } from './report.ts';
export { summarizeDns } from './summary.ts';
