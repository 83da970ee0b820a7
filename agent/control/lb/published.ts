import type { LbTable, Rule } from '../../../lb/index.ts';
import { formatHostPattern, type ListenerProtocol } from '../../../model/index.ts';

/** Where this host publishes each service, by `ServiceView.key`: `http://shop.example.com/api`, `tcp://*:5432`. */
export type Published = ReadonlyMap<string, readonly string[]>;

export function publishedAt({ listeners, backends }: LbTable): Published {
  const services = new Map(backends.map((backend) => [backend.name, backend.services]));
  const published = new Map<string, string[]>();
  for (const { port, protocol, rules } of listeners) {
    for (const rule of rules) {
      for (const service of services.get(rule.backend) ?? []) {
        published.set(service, [...(published.get(service) ?? []), urlOf(protocol, port, rule)]);
      }
    }
  }
  return published;
}

const DEFAULT_PORTS: Readonly<Partial<Record<ListenerProtocol, number>>> = { http: 80, https: 443 };

function urlOf(protocol: ListenerProtocol, port: number, { host, path }: Rule): string {
  const at = DEFAULT_PORTS[protocol] === port ? '' : `:${port}`;
  return `${protocol}://${host === null ? '*' : formatHostPattern(host)}${at}${path?.text ?? ''}`;
}
