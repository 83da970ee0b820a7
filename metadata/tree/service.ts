import type { Container, Environment, HealthCheck, ServiceLink } from '../../model/index.ts';
import { type ServiceView, serviceCheck } from '../../view/index.ts';
import type { Value, ValueObject } from '../value/value.ts';
import { healthCheckObject } from './health-check.ts';
import { loadBalancerObject } from './load-balancer.ts';
import { uuidOf } from './uuid.ts';
import { nameIn, type Version } from './versions.ts';

/** What containers show of their service. */
export interface ServiceIdentity {
  readonly name: string;
  readonly stack: string;
  readonly uuid: string;
  readonly stackUuid: string;
  readonly check: HealthCheck | null;
  readonly healthCheck: ValueObject | null;
  /** Equal for equal identities. */
  readonly text: string;
}

/** Created once per service view. Sidekicks have the UUID of their primary service. */
export function serviceIdentity(environment: Environment, service: ServiceView): ServiceIdentity {
  const { key, name, stack: stackName, primaryService } = service;
  const [stack = '', primary = ''] = key.split('/');
  const check = serviceCheck(service);
  const healthCheck = healthCheckObject(check);
  return {
    name,
    stack: stackName,
    uuid: uuidOf(environment.uuid, 'service', stack, primary),
    stackUuid: stackUuid(environment, stack),
    check,
    healthCheck,
    text: JSON.stringify([key, name, stackName, primaryService, healthCheck]),
  };
}

export function stackUuid(environment: Environment, stackKey: string): string {
  return uuidOf(environment.uuid, 'stack', stackKey);
}

interface Context {
  readonly environment: Environment;
  readonly identity: ServiceIdentity;
  readonly containers: readonly ValueObject[];
  readonly sidekicks: readonly string[];
  /** The service's injected configuration. */
  readonly injected: ValueObject;
  readonly version: Version;
}

/** A service's object as every client sees it: without the token. */
export function serviceObject(service: ServiceView, context: Context): ValueObject {
  const { environment, identity, containers, version } = context;
  const { declaration } = service;
  const [first] = service.containers;
  const name = (text: string) => nameIn(version, text);
  return {
    containers: members(containers, version),
    create_index: highestIndex(service),
    environment_uuid: environment.uuid,
    expose: declaration?.expose ?? [],
    external_ips: declaration?.externalIps ?? [],
    fqdn: null,
    health_check: identity.healthCheck,
    hostname: declaration?.hostname?.replace(/\.$/, '') ?? null,
    kind: service.kind,
    labels: { ...(first ? sharedLabels(first) : {}), ...declaration?.labels },
    lb_config: declaration?.lbConfig ? loadBalancerObject(declaration.lbConfig) : null,
    links: linksOf(declaration?.links ?? [], service.stack, version),
    metadata: context.injected,
    metadata_kind: 'service',
    name: name(service.name),
    ports: declaration && declaration.ports.length > 0 ? declaration.ports : portsOf(first),
    primary_service_name: name(service.primaryService),
    scale: declaration?.scale ?? (service.kind === 'service' ? service.containers.length : null),
    sidekicks: context.sidekicks.map(name),
    stack_name: name(service.stack),
    stack_uuid: identity.stackUuid,
    state: isActive(service) ? 'active' : 'inactive',
    system: first?.system ?? false,
    token: null,
    uuid: identity.uuid,
    vip: declaration?.vip ?? null,
  };
}

/** The service's object as its own containers see it. */
export function withToken(object: ValueObject, service: ServiceView): ValueObject {
  const token = service.declaration?.options.token;
  return typeof token === 'string' ? { ...object, token } : object;
}

/** Null when there are none, as in the original. */
export function members(objects: readonly ValueObject[], version: Version): Value {
  if (objects.length === 0) return null;
  return version.membersByName ? objects.map(({ name }) => name ?? null) : objects;
}

/** Labels that describe one container only. */
const OWN_LABELS = new Set([
  'com.docker.compose.container-number',
  'com.docker.compose.replace',
  'io.rancher.container.ip',
  'io.rancher.container.mac_address',
  'io.rancher.container.name',
  'io.rancher.container.requested_ip',
  'io.rancher.container.uuid',
  'io.rancher.service.deployment.unit',
  'io.rancher.service.requested.host.id',
]);

function sharedLabels({ labels }: Container): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !OWN_LABELS.has(key)));
}

function linksOf(links: readonly ServiceLink[], stack: string, version: Version): ValueObject | null {
  if (links.length === 0 && version.nullLinks) return null;
  const targets = links.map(({ target, alias }) => {
    const key = target.includes('/') ? target : `${stack}/${target}`;
    return [nameIn(version, key), alias || key.slice(key.lastIndexOf('/') + 1)] as const;
  });
  return Object.fromEntries(targets);
}

/** In the form of a Compose file. */
function portsOf(container: Container | undefined): readonly string[] {
  const texts = container?.ports.map(
    ({ hostPort, containerPort, protocol }) => `${hostPort}:${containerPort}/${protocol}`,
  );
  return [...new Set(texts)];
}

function highestIndex({ containers }: ServiceView): number {
  return containers.reduce((highest, { serviceIndex }) => Math.max(highest, serviceIndex ?? 0), 0);
}

function isActive({ containers, kind }: ServiceView): boolean {
  return kind !== 'service' || containers.some(({ state }) => state !== 'stopped' && state !== 'created');
}
