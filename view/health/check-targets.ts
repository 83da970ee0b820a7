import { type Container, type HealthCheck, healthCheckOfLabels } from '../../model/index.ts';
import { containerAddress } from '../endpoints/address.ts';
import { serviceCheck } from '../endpoints/service-check.ts';
import type { HostView, ServiceView } from '../host-view/host-view.ts';
import { type Checkers, checkerHosts, votersOf } from './checkers.ts';

/** A container that this host checks. */
export interface CheckTarget {
  readonly container: Container;
  /** Null for a command, which runs in the container. */
  readonly address: string | null;
  readonly check: HealthCheck;
  /** The hosts that always vote. This host is one of them, or votes only if it would change the verdict. */
  readonly voters: readonly string[];
}

/**
 * The containers of a service that this host checks: its own, and those of other hosts for which it is one of the checkers, if it
 * reaches them. Every started container is checked, whatever its health.
 */
export function checkTargets(view: HostView, service: ServiceView, checkers: Checkers): readonly CheckTarget[] {
  const check = serviceCheck(service);
  if (!check) return [];
  return service.containers.flatMap((container) => {
    const hosts = checkerHosts(view, container, check, checkers);
    return hosts.includes(view.hostId) ? target(view, { container, check, voters: votersOf(hosts) }) : [];
  });
}

/** A container of this host that belongs to no service is checked by its own labels, by this host alone. */
export function standaloneTarget(view: HostView, container: Container): readonly CheckTarget[] {
  const check = container.service === null ? healthCheckOfLabels(container.labels) : null;
  return check ? target(view, { container, check, voters: [view.hostId] }) : [];
}

function target(view: HostView, found: Omit<CheckTarget, 'address'>): readonly CheckTarget[] {
  const { container, check } = found;
  if (!CHECKED.has(container.state)) return [];
  if (check.exec !== null) return [{ ...found, address: null }];
  const reach = containerAddress(view, container);
  if (!reach.ok || reach.via === 'published') return [];
  return [{ ...found, address: reach.address }];
}

const CHECKED: ReadonlySet<Container['state']> = new Set(['starting', 'running']);
