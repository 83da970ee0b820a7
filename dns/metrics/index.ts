// A separate entrance for programs that show the report of the DNS process, so that they do not load the server.
export { quantileMicros } from './histogram.ts';
export { renderDnsMetrics } from './prometheus.ts';
export { asDnsReport, type DnsReport } from './report.ts';
export { summarizeDns } from './summary.ts';
