import type { Config } from '../../agent/index.ts';
import type { ExplainSettings } from '../../dns/index.ts';
import { type Exit, forwardingOptions } from './dns-upstreams.ts';

/** The settings of a DNS server that its answers depend on. */
export function explainSettings(config: Config, upstreams: readonly string[], exit: Exit): ExplainSettings {
  const { dns } = config;
  return {
    metadataAddress: dns.address,
    search: dns.compatSearch ? 'every' : 'own',
    ttlSeconds: dns.ttlSeconds,
    forward: {
      upstreams,
      rules: forwardingOptions(config, exit).rules ?? [],
      ourselves: [{ address: dns.address, port: 53 }],
    },
  };
}
