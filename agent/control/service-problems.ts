import type { Problem } from '../../model/index.ts';
import {
  endpointsOf,
  findService,
  type HostView,
  isReady,
  noSharedNetwork,
  type ServiceView,
  serviceCheck,
  serviceOf,
  unsharedClients,
} from '../../view/index.ts';

/**
 * Services with a container on this host that have no ready endpoint although some of their containers run: their checks fail.
 * Containers that are still starting are no problem.
 */
export function findFailingServices(view: HostView): readonly Problem[] {
  const own = [...(view.snapshot.hosts.get(view.hostId)?.containers.values() ?? [])];
  const unhealthy = own.filter(({ health }) => health === 'unhealthy' || health === 'updating-unhealthy');
  const keys = new Set(unhealthy.map((container) => serviceOf(view, container)?.key ?? ''));
  return [...keys].sort().flatMap((key) => {
    const service = findService(view, key);
    return service ? failing(view, service) : [];
  });
}

function failing(view: HostView, service: ServiceView): readonly Problem[] {
  const { all } = endpointsOf(view, service);
  const bad = all.filter(({ standing }) => standing === 'failing' || standing === 'unhealthy');
  if (bad.length === 0 || all.some(isReady)) return [];
  const answered = bad.some((endpoint) => endpoint.answered);
  const effect = answered ? 'DNS still answers those that were ready before' : 'its name has no addresses';
  return [
    {
      subject: `service ${nameOf(service)}`,
      what: `0 of ${all.length} endpoints are ready: the health checks of ${bad.length} fail; ${effect}`,
      hint: `find out why: \`${causeCommand(service, bad[0]?.container?.name ?? '')}\``,
    },
  ];
}

function causeCommand(service: ServiceView, container: string): string {
  if (serviceCheck(service)) return `drover health ${nameOf(service)}`;
  return `docker inspect --format '{{json .State.Health}}' ${container}`;
}

/** Services that containers of this host cannot reach because they share no network, by name. */
export function findUnsharedServices(view: HostView): readonly Problem[] {
  return unsharedClients(view).map(({ service, clients }) => ({
    subject: `service ${nameOf(service)}`,
    what: unsharedText(
      clients.map(({ name }) => name),
      noSharedNetwork(view),
    ),
    hint: 'no action needed if they do not connect to each other',
  }));
}

const MOST_NAMES = 3;

/** For some clients of a service, by name. */
export function unsharedText(clients: readonly string[], what: string): string {
  const more = clients.length > MOST_NAMES ? ` and ${clients.length - MOST_NAMES} more` : '';
  return `no address for ${clients.slice(0, MOST_NAMES).join(', ')}${more}: ${what}`;
}

function nameOf({ stack, name }: ServiceView): string {
  return `${stack}/${name}`;
}
