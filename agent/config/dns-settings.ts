import type { ExplainSettings, ForwarderOptions } from '../../dns/index.ts';
import type { Config } from './config.ts';

/** The settings of a DNS server that its answers depend on. */
export function explainSettings(config: Config, upstreams: readonly string[]): ExplainSettings {
  const { dns } = config;
  return {
    metadataAddress: dns.address,
    search: searchMode(config),
    ttlSeconds: dns.ttlSeconds,
    forward: { upstreams, rules: forwardRules(config), ourselves: [{ address: dns.address, port: 53 }] },
  };
}

export function searchMode({ dns }: Config): 'own' | 'every' {
  return dns.compatSearch ? 'every' : 'own';
}

export function forwardRules({ dns }: Config): NonNullable<ForwarderOptions['rules']> {
  return Object.entries(dns.forward).map(([suffix, upstreams]) => ({ suffix, upstreams }));
}
