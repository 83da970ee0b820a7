import { compareText, MAX_WEIGHT } from '../../model/index.ts';
import { type DependencyRecorder, findService, type HostView, serviceKeyOf } from '../../view/index.ts';
import type { BackendPlan } from './plan-table.ts';
import type { RuleProblem } from './rule-problem.ts';
import { serversOf } from './servers.ts';
import type { Backend, LeftOutEndpoint, NamedServer, Server } from './table.ts';

export interface BuiltBackend {
  readonly backend: Backend;
  readonly problems: readonly RuleProblem[];
}

export function buildBackend(view: HostView, plan: BackendPlan, recorder: DependencyRecorder): BuiltBackend {
  const { name, rule, protocol, balancer, options, stickiness, cookieKey, drainTimeoutMs, parts } = plan;
  const found = parts.map((part) => serversOf(view, part, recorder));
  const services = [...new Set(found.flatMap((one) => one.services))].sort();
  const servers = distinct(found.flatMap((one) => one.servers));
  const named = distinctNamed(found.flatMap(({ namedServers }) => namedServers));
  const scale = weightScale([...servers, ...named].map(({ weight }) => weight));
  const scaled = <T extends { readonly weight: number }>(one: T): T => ({ ...one, weight: scale(one.weight) });
  return {
    backend: {
      name,
      rule,
      protocol,
      balancer,
      services,
      options,
      stickiness,
      cookieKey,
      drainTimeoutMs: drainTimeoutMs ?? longestDrain(view, services, recorder),
      servers: servers.map(scaled),
      namedServers: named.map(scaled),
      leftOut: distinctLeftOut(found.flatMap(({ leftOut }) => leftOut)),
    },
    problems: found.flatMap(({ problems }) => problems),
  };
}

/** The longest `drain_timeout_ms` that the services declare; null: none does. */
function longestDrain(view: HostView, services: readonly string[], recorder: DependencyRecorder): number | null {
  const declared = services.flatMap((key) => {
    recorder.depends(serviceKeyOf(key));
    const own = findService(view, key)?.declaration?.options.drain_timeout_ms;
    return typeof own === 'number' ? [own] : [];
  });
  return declared.length > 0 ? Math.max(...declared) : null;
}

/** Each address and port once, sorted: the first that is ready, else the first. */
function distinct(servers: readonly Server[]): readonly Server[] {
  const known = new Map<string, Server>();
  for (const server of servers) {
    const before = known.get(server.name);
    if (!before || (before.state === 'drain' && server.state === 'ready')) known.set(server.name, server);
  }
  return [...known.values()].sort((a, b) => compareText(a.name, b.name));
}

function distinctNamed(servers: readonly NamedServer[]): readonly NamedServer[] {
  const known = new Map<string, NamedServer>();
  for (const server of servers) {
    const key = `${server.hostname}:${server.port}`;
    if (!known.has(key)) known.set(key, server);
  }
  return [...known].sort(([a], [b]) => compareText(a, b)).map(([, server]) => server);
}

/** Brings weights to 0..256 and keeps their relation; a weight above 0 stays above 0. */
function weightScale(weights: readonly number[]): (weight: number) => number {
  const largest = Math.max(0, ...weights);
  const factor = Math.min(1, MAX_WEIGHT / largest);
  return (weight) => (weight <= 0 ? 0 : Math.max(1, Math.round(weight * factor)));
}

/** Two rules of a backend may leave out the same endpoint. */
function distinctLeftOut(endpoints: readonly LeftOutEndpoint[]): readonly LeftOutEndpoint[] {
  const known = new Map(endpoints.map((one) => [Object.values(one).join(' '), one]));
  return [...known.values()].sort(compareLeftOut);
}

function compareLeftOut(a: LeftOutEndpoint, b: LeftOutEndpoint): number {
  return (
    compareText(a.service, b.service) ||
    compareText(a.containerId ?? '', b.containerId ?? '') ||
    compareText(a.reason, b.reason)
  );
}
