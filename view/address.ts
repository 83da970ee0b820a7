import type { Container, PublishedPort } from '../model/index.ts';
import type { HostView } from './host-view.ts';

/** Where this host's askers reach a container. */
export interface Reach {
  readonly ok: true;
  readonly address: string;
  /**
   * `managed`: Drover's network, the same from every host. `host`: it uses its host's stack. `bridge`: a Docker network of
   * this host. `published`: a port of its host leads to it.
   */
  readonly via: 'managed' | 'host' | 'bridge' | 'published';
  /** Name of the network, null for `host` and `published`. */
  readonly network: string | null;
  /** For `published` the ports of its host that lead to it, else empty: every port of the container is its own. */
  readonly ports: readonly PublishedPort[];
}

/** Not reachable from here, and why, for people. */
export interface Unreachable {
  readonly ok: false;
  readonly reason: string;
}

export function containerAddress(_view: HostView, _container: Container): Reach | Unreachable {
  throw new Error('not yet');
}

/** The container whose network namespace it uses: itself, or at the end of `network_mode: container:...`. Null when it is gone. */
export function networkOwner(_view: HostView, _container: Container): Container | null {
  throw new Error('not yet');
}
