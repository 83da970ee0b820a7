import type { Listener, Rule } from '../table/table.ts';
import type { LineOwner } from './rendered-config.ts';
import { routesOf } from './routes.ts';
import type { Section } from './section.ts';
import type { Templates } from './templates.ts';

export interface ListenerSection {
  readonly section: Section;
  /** The files that it names. */
  readonly files: ReadonlyMap<string, string>;
}

/** `rules`: those of the listener that can be written. */
export function listenerSection(
  templates: Templates,
  listener: Listener,
  rules: readonly Rule[],
  { ipv6 }: { readonly ipv6: boolean },
): ListenerSection {
  const { port, balancers, protocol } = listener;
  const { routes, files } = routesOf(rules);
  const isHttp = protocol === 'http' || protocol === 'https';
  const text = templates.frontend({
    name: port,
    defaults: 'drover',
    binds: bindAddresses(port, ipv6),
    mode: isHttp ? 'http' : 'tcp',
    http: isHttp,
    routes: routes.map(({ line }) => line),
  });
  const lineOwners = routes.flatMap(({ line, rule }): (readonly [string, LineOwner])[] =>
    rule === null ? [] : [[line, { kind: 'rule', balancer: rule.balancer, rule: rule.name }]],
  );
  return {
    section: { text, owner: { kind: 'listener', port, balancers }, lineOwners: new Map(lineOwners) },
    files,
  };
}

/** Two sockets and not one for both: that one would give the addresses of IPv4 clients as `::ffff:192.0.2.1`. */
function bindAddresses(port: number, ipv6: boolean): readonly string[] {
  return ipv6 ? [`0.0.0.0:${port}`, `[::]:${port} v6only`] : [`0.0.0.0:${port}`];
}
