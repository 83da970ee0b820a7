export { type DnsDependencies, type DnsOptions, type DnsServer, type DnsStats, serveDns } from './serve-dns.ts';
