import type { HealthCheck } from './health-check/health.ts';
import type { JsonValue } from './json/json.ts';
import type { LoadBalancerConfig } from './load-balancer/load-balancer.ts';

export type ServiceKind = 'service' | 'externalService' | 'dnsService' | 'loadBalancerService';

/** A link: `target` is `stack/service` (a target without a stack is in the declaring stack), `alias` its name for the asker. */
export interface ServiceLink {
  readonly target: string;
  readonly alias: string;
}

/**
 * What an operator declared about a service (manifest, rancher-compose.yml, `x-drover`). A service can exist without a
 * declaration, by the labels of its containers. Absent values are null or empty, never guessed.
 */
export interface ServiceDeclaration {
  readonly stack: string;
  readonly name: string;
  readonly kind: ServiceKind;
  /** For `externalService`: IP addresses, canonical. */
  readonly externalIps: readonly string[];
  /** For `externalService`: the host name it stands for, lower case, absolute (`www.example.com.`). */
  readonly hostname: string | null;
  /** For `dnsService` (alias): the services it stands for; for others: links. */
  readonly links: readonly ServiceLink[];
  /** Names of sidekicks of this service's unit. */
  readonly sidekicks: readonly string[];
  readonly healthCheck: HealthCheck | null;
  readonly lbConfig: LoadBalancerConfig | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Configuration from `metadata:`: a map of any depth as text (`parseExactJson`), `{}` if there is none. */
  readonly metadata: string;
  readonly scale: number | null;
  /** As written in compose (`"8080:80/tcp"`). */
  readonly ports: readonly string[];
  readonly expose: readonly string[];
  readonly vip: string | null;
  /** Service options of Drover itself (`dns: {ttl: 5}`, `answers: one`), kept as written after validation. */
  readonly options: { readonly [key: string]: JsonValue };
}
