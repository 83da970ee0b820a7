import { serveDns } from '../../../dns/index.ts';
import type { Container, ServiceDeclaration } from '../../../model/index.ts';
import { createLog, systemClock } from '../../../system/index.ts';
import { viewOf } from '../../../view/index.ts';
import { at as addressAt, container, declaration, MANAGED, snapshot, type World } from '../../view/world.ts';
import { ALIASES, SERVICES, type Service, TEXTS } from '../zone/zone.ts';
import type { Target } from './target.ts';

/** Our server with the state of a host, as fed by an agent. */
export const drover: Target = {
  name: 'drover',
  title: 'Drover',
  lacks: { wildcard: 'Drover has no wildcards' },
  start: async (resources, { at, upstreamPort }) => {
    const view = viewOf(snapshot(world()), 'a');
    const server = await serveDns(
      {
        view: () => view,
        onChange: () => () => {},
        identify: async () => false,
        upstreams: () => [`127.0.0.1:${upstreamPort}`],
        clock: systemClock,
        log: createLog('dns', { level: 'silent', format: 'json' }),
      },
      { listen: at },
    );
    resources.add('Drover', () => server.close());
  },
};

/** The zone, as containers and declarations. */
function world(): World {
  return {
    containers: SERVICES.flatMap(endpoints),
    declarations: [
      ...SERVICES.map((service) => declared(service, {})),
      ...ALIASES.map((alias) => declared(alias, { kind: 'externalService', hostname: alias.target })),
      ...TEXTS.map((text) => declared(text, { options: { dns: { txt: text.texts } } })),
    ],
  };
}

function declared(
  { stack, name }: { readonly stack: string; readonly name: string },
  changes: Partial<ServiceDeclaration>,
): ServiceDeclaration {
  return declaration(`${stack}/${name}`, changes);
}

function endpoints(service: Service): readonly Container[] {
  const { name, stack, ipv4, ipv6, port } = service;
  return Array.from({ length: Math.max(ipv4.length, ipv6.length) }, (_, index) =>
    container(`${stack}-${name}-${index + 1}`, `${stack}/${name}`, null, {
      serviceIndex: index + 1,
      addresses: [addressAt(MANAGED, ipv4[index] ?? null, ipv6[index] ?? null)],
      exposed: port === null ? [] : [{ port, protocol: 'tcp' }],
      labels: port === null ? {} : { 'drover.port.http': `${port}` },
    }),
  );
}
