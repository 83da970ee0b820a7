export type { DnsStats } from './counts.ts';
export { type DnsDependencies, type DnsOptions, type DnsServer, serveDns } from './serve-dns.ts';
export { parseUpstream } from './upstream/address.ts';
