import { isIP } from 'node:net';
import type { Container, PublishedPort } from '../../model/index.ts';
import { ASKER, serviceKeyOf } from '../host-view/dependency-key.ts';
import type { DependencyRecorder } from '../host-view/dependency-recorder.ts';
import { findService, serviceOf } from '../host-view/find.ts';
import type { HostView, ServiceView } from '../host-view/host-view.ts';
import { containerAddress, type Reach } from './address.ts';
import { type Consumer, READINESS, type Standing, standingOf, type Treatment } from './readiness.ts';
import { serviceAnswers } from './service-answers.ts';
import { serviceCheck } from './service-check.ts';

/** One endpoint of a service, whether it is answered, and why. */
export interface Endpoint {
  /** `ServiceView.key` of its service; behind an alias this is not the service that was asked for. */
  readonly service: string;
  /** Null for an external address and a virtual address. */
  readonly container: Container | null;
  /** Null when it cannot be reached from this host; never empty. */
  readonly address: string | null;
  /** At most one of each family, `address` among them; empty when it cannot be reached. */
  readonly addresses: readonly string[];
  readonly via: Reach['via'] | 'external' | 'virtual' | null;
  /** For `published`, the ports of the host that lead to it. */
  readonly ports: readonly PublishedPort[];
  /** Null without a container. */
  readonly standing: Standing | null;
  readonly answered: boolean;
  /** For operators: why it is answered or left out. */
  readonly reason: string;
}

export type AnsweredEndpoint = Endpoint & { readonly address: string };

export interface Endpoints {
  /** The endpoints for the consumer, in stable order; each address (with its ports) once. */
  readonly answer: readonly AnsweredEndpoint[];
  /** All endpoints, in stable order. */
  readonly all: readonly Endpoint[];
  /** Faults of the definition, for operators: a link without a target, a circle. */
  readonly notes: readonly string[];
}

/**
 * The endpoints of a service for askers on this host. READINESS decides which are answered; a fallback applies when no reachable
 * one is ready. An alias stands for all its targets, each by its own rules; a service that occurs twice counts once. If there is a
 * choice of addresses, a known asker gets one that it can reach. `among`: containers for which it is false are left out, and the
 * fallback applies to the others alone.
 */
export function endpointsOf(
  view: HostView,
  service: ServiceView,
  consumer: Consumer = 'dns',
  asker: Container | null = null,
  recorder?: DependencyRecorder,
  among?: (container: Container) => boolean,
): Endpoints {
  return collect({ view, consumer, asker, recorder, among }, service, new Set());
}

/** Whether an endpoint is ready and can be reached; one without a container always is. */
export function isReady({ address, standing }: Pick<Endpoint, 'address' | 'standing'>): boolean {
  return address !== null && (standing === null || READINESS[standing].dns === 'use');
}

/** What the endpoints are for. */
interface Purpose {
  readonly view: HostView;
  readonly consumer: Consumer;
  readonly asker: Container | null;
  readonly recorder: DependencyRecorder | undefined;
  readonly among: ((container: Container) => boolean) | undefined;
}

function collect(purpose: Purpose, service: ServiceView, met: Set<string>): Endpoints {
  met.add(service.key);
  purpose.recorder?.depends(serviceKeyOf(service.key));
  const { declaration } = service;
  if (service.kind === 'externalService') return externalEndpoints(service);
  if (service.kind === 'dnsService') return aliasEndpoints(purpose, service, met);
  if (declaration?.vip && purpose.consumer === 'dns')
    return fixed(service, [declaration.vip], 'virtual', 'virtual address');
  return judged(purpose, service);
}

function externalEndpoints(service: ServiceView): Endpoints {
  return fixed(service, service.declaration?.externalIps ?? [], 'external', 'declared');
}

function fixed(service: ServiceView, ips: readonly string[], via: 'external' | 'virtual', reason: string): Endpoints {
  const notes = ips.filter((ip) => isIP(ip) === 0).map((ip) => `${service.key}: ${ip || "''"} is not an IP address`);
  const valid = ips.filter((ip) => isIP(ip) !== 0);
  const all = valid.map((address) => ({
    service: service.key,
    container: null,
    address,
    addresses: [address],
    via,
    ports: [],
    standing: null,
    answered: true,
    reason,
  }));
  return { answer: once(all), all, notes };
}

function aliasEndpoints(purpose: Purpose, service: ServiceView, met: Set<string>): Endpoints {
  const consumer = purpose.consumer === 'dns' && serviceAnswers(service).started ? 'all' : purpose.consumer;
  const parts = linkedServices(purpose.view, service, purpose.recorder).map(({ target, linked }): Endpoints => {
    if (!linked) return nothing(`${service.key}: there is no service ${target} to stand for`);
    if (met.has(linked.key)) return nothing(`${service.key}: ${target} is in the alias already`);
    return collect({ ...purpose, consumer }, linked, met);
  });
  return {
    answer: once(parts.flatMap(({ answer }) => answer)),
    all: parts.flatMap(({ all }) => all),
    notes: parts.flatMap(({ notes }) => notes),
  };
}

/** The targets of an alias, in order. */
export function linkedServices(
  view: HostView,
  { declaration }: Pick<ServiceView, 'declaration'>,
  recorder?: DependencyRecorder,
): readonly { readonly target: string; readonly linked: ServiceView | null }[] {
  return (declaration?.links ?? []).map(({ target }) => {
    recorder?.depends(serviceKeyOf(target));
    return { target, linked: findService(view, target) };
  });
}

function nothing(note: string): Endpoints {
  return { answer: [], all: [], notes: [note] };
}

interface Candidate extends Endpoint {
  readonly container: Container;
  readonly standing: Standing;
}

/** From the first treatment to the last resort. */
const RANKS: readonly (readonly Treatment[])[] = [['use', 'list'], ['fallback'], ['last']];

function judged(purpose: Purpose, service: ServiceView): Endpoints {
  const checked = serviceCheck(service) !== null;
  const candidates = service.containers.map((container) => candidate(purpose, service, container, checked));
  const consumer = consumerFor(purpose, service, candidates);
  const treatmentOf = ({ standing }: Candidate) => READINESS[standing][consumer];
  const { among } = purpose;
  const allowed = among ? candidates.filter(({ container }) => among(container)) : candidates;
  const fit = firstRank(allowed, treatmentOf);
  const chosen = new Set(DNS_CONSUMERS.has(consumer) ? atOwnPorts(fit) : fit);
  const all = candidates.map((own): Endpoint => {
    if (chosen.has(own)) return { ...own, answered: true, reason: RESORTS[treatmentOf(own)] ?? own.reason };
    return fit.includes(own) ? { ...own, reason: OTHER_PORTS } : own;
  });
  return { answer: once(all), all, notes: [] };
}

/** The reachable candidates of the first rank that has any. */
function firstRank(
  candidates: readonly Candidate[],
  treatmentOf: (candidate: Candidate) => Treatment,
): readonly Candidate[] {
  const othersStarted = candidates.filter(({ standing }) => standing !== 'down').length > 1;
  const isLeft = (one: Candidate) => treatmentOf(one) === 'last' && !(othersStarted && one.container.wasReady);
  for (const rank of RANKS) {
    const found = candidates.filter((one) => one.address !== null && rank.includes(treatmentOf(one)) && !isLeft(one));
    if (found.length > 0) return found;
  }
  return [];
}

const RESORTS: Readonly<Partial<Record<Treatment, string>>> = {
  fallback: 'its check fails; answered because no endpoint is ready',
  last: 'stopping; answered because no other endpoint is ready',
};
const OTHER_PORTS = 'it is published at other port numbers only; left out while other endpoints are ready';
const DNS_CONSUMERS: ReadonlySet<Consumer> = new Set(['dns', 'all', 'external']);

/** Members of a cluster look for each other before they are healthy, and are healthy once they have met. */
function consumerFor(purpose: Purpose, service: ServiceView, candidates: readonly Candidate[]): Consumer {
  const { view, consumer, asker, recorder } = purpose;
  const differs = ({ standing }: Candidate) => READINESS[standing].dns !== READINESS[standing].all;
  if (consumer !== 'dns' || !candidates.some(differs)) return consumer;
  // Members are containers of this host if they ask here.
  if (candidates.some(({ container }) => container.hostId === view.hostId)) recorder?.depends(ASKER);
  return serviceAnswers(service).started || isMember(view, service, asker) ? 'all' : 'dns';
}

/** Whether the asker is a container of the service. */
function isMember(view: HostView, service: ServiceView, asker: Container | null): boolean {
  return asker !== null && serviceOf(view, asker)?.key === service.key;
}

function candidate(
  { view, asker, recorder }: Purpose,
  service: ServiceView,
  container: Container,
  checked: boolean,
): Candidate {
  const standing = standingOf(container, checked);
  const reach = containerAddress(view, container, asker, recorder);
  const row = READINESS[standing];
  const endpoint = { service: service.key, container, standing, answered: false };
  if (!reach.ok) {
    const reason = standing === 'down' ? row.when : reach.reason;
    return { ...endpoint, address: null, addresses: [], via: null, ports: [], reason };
  }
  const { address, addresses, via, ports } = reach;
  return { ...endpoint, address, addresses, via, ports, reason: row.when };
}

/** A client that knows the container's port cannot use an endpoint with another host port, so these are the last choice. */
function atOwnPorts(fit: readonly Candidate[]): readonly Candidate[] {
  const direct = fit.filter(
    ({ via, ports }) => via !== 'published' || ports.some(({ hostPort, containerPort }) => hostPort === containerPort),
  );
  return direct.length > 0 ? direct : fit;
}

function once(endpoints: readonly Endpoint[]): readonly AnsweredEndpoint[] {
  const met = new Map<string, AnsweredEndpoint>();
  for (const endpoint of endpoints) {
    const { address, answered, ports } = endpoint;
    if (!answered || address === null) continue;
    const key = [address, ...ports.map(({ hostPort, protocol }) => `${hostPort}/${protocol}`)].join(' ');
    if (!met.has(key)) met.set(key, { ...endpoint, address });
  }
  return [...met.values()];
}
