import type { Container } from '../../model/index.ts';
import {
  containerAddress,
  createHealthReader,
  findService,
  formatVote,
  type HostView,
  type Reach,
} from '../../view/index.ts';
import { isObject, own, type Value } from '../value/value.ts';
import type { Passed } from './explain-walk.ts';

/** Where the values on a path come from, unless the name says so. */
export function sourceNotes(view: HostView, passed: readonly Passed[]): readonly string[] {
  return passed.flatMap(({ key, from }) => {
    const kind = isObject(from) ? own(from, 'metadata_kind') : undefined;
    if (kind === 'service') return ofService(view, key, from);
    return kind === 'container' ? ofContainer(view, key, from) : [];
  });
}

function ofService(view: HostView, key: string, object: Value): readonly string[] {
  if (key === 'token') return ['only containers of the service see its token'];
  if (key !== 'metadata') return [];
  const [stack, primary, name] = ['stack_name', 'primary_service_name', 'name'].map((field) => textOf(object, field));
  const service = findService(view, [stack, primary, ...(name === primary ? [] : [name])].join('/'));
  if (!service) return [];
  if (service.declaration === null) return [`${service.key} has no declaration, so its metadata is empty`];
  return [`the metadata of ${service.key} comes from its declaration (a manifest or \`drover apply\`)`];
}

function textOf(object: Value, key: string): string | undefined {
  const value = isObject(object) ? own(object, key) : undefined;
  return typeof value === 'string' ? value : undefined;
}

function ofContainer(view: HostView, key: string, object: Value): readonly string[] {
  const note = NOTES[key];
  const id = textOf(object, 'external_id') ?? '';
  const container = view.snapshot.hosts.get(textOf(object, 'host_uuid') ?? '')?.containers.get(id);
  return note && container ? [note(view, container)] : [];
}

function healthNote(view: HostView, container: Container): string {
  const { check, votes } = createHealthReader(view)(container);
  if (check === null && votes.length === 0) return `${container.name} has no health check`;
  return `checks of ${container.name}: ${votes.map((vote) => formatVote(vote)).join('; ')}`;
}

function addressNote(view: HostView, container: Container): string {
  const reach = containerAddress(view, container);
  return reach.ok ? `${container.name} is reachable ${VIA[reach.via](reach)}` : `${container.name}: ${reach.reason}`;
}

const NOTES: Readonly<Record<string, (view: HostView, container: Container) => string>> = {
  primary_ip: addressNote,
  ips: addressNote,
  health_state: healthNote,
};

const VIA: Readonly<Record<Reach['via'], (reach: Reach) => string>> = {
  managed: ({ network }) => `on the managed network ${network}, from every host`,
  bridge: ({ network }) => `on the network ${network}, from this host only`,
  host: () => 'at the address of its host, whose network it shares',
  published: () => 'at the address of its host, on its published ports',
};
