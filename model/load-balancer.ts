export type PortRuleProtocol = 'http' | 'https' | 'tcp' | 'tls' | 'sni' | 'udp';

export interface PortRule {
  readonly sourcePort: number | null;
  readonly protocol: PortRuleProtocol | null;
  readonly path: string | null;
  readonly hostname: string | null;
  /** `stack/service`. */
  readonly service: string | null;
  readonly targetPort: number | null;
  readonly priority: number | null;
  readonly backendName: string | null;
  readonly selector: string | null;
  readonly weight: number;
}

export interface StickinessPolicy {
  readonly name: string | null;
  readonly cookie: string | null;
  readonly domain: string | null;
  readonly indirect: boolean;
  readonly nocache: boolean;
  readonly postonly: boolean;
  readonly mode: string | null;
}

export interface LoadBalancerConfig {
  readonly certs: readonly string[];
  readonly defaultCert: string | null;
  readonly config: string | null;
  readonly stickinessPolicy: StickinessPolicy | null;
  readonly portRules: readonly PortRule[];
}
