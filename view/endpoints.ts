import type { Container, PublishedPort } from '../model/index.ts';
import type { Reach } from './address.ts';
import type { HostView, ServiceView } from './host-view.ts';
import type { Consumer, Standing } from './readiness.ts';

/** One endpoint of a service, with what is made of it and why. */
export interface Endpoint {
  /** `ServiceView.key` of the service it belongs to; another one than asked for behind an alias. */
  readonly service: string;
  /** Null for an external address and a virtual address. */
  readonly container: Container | null;
  /** Null when it cannot be reached from this host; never empty. */
  readonly address: string | null;
  readonly via: Reach['via'] | 'external' | 'virtual' | null;
  /** Ports of the host that lead to it, for `published`. */
  readonly ports: readonly PublishedPort[];
  /** Null where no container stands behind it. */
  readonly standing: Standing | null;
  readonly answered: boolean;
  /** For people: why it is answered or left out. */
  readonly reason: string;
}

export interface Endpoints {
  /** What the consumer gets: each address once, stable order; none is without an address. */
  readonly answer: readonly (Endpoint & { readonly address: string })[];
  /** Everything that was considered, stable order. */
  readonly all: readonly Endpoint[];
  /** What is wrong with the definition, for people: a link to nothing, a cycle. */
  readonly notes: readonly string[];
}

export function endpointsOf(_view: HostView, _service: ServiceView, _consumer: Consumer = 'dns'): Endpoints {
  throw new Error('not yet');
}
