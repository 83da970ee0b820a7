import { mainSuffix } from '../host-view/domain-name.ts';
import type { HostView } from '../host-view/host-view.ts';
import type { Scope } from './scope.ts';

/** All common names below the main suffix, absolute, in no order. */
export function* listNames(view: HostView): Generator<string> {
  const suffix = mainSuffix(view);
  for (const name of view.index.names.keys()) yield `${name}.${suffix}.`;
}

/** All names of Docker's resolver on the networks of an asker, lower case, in no order. */
export function* listDockerNames({ index }: HostView, { networks }: Scope): Generator<string> {
  const ids = new Set(networks.map(({ id }) => id));
  for (const key of index.docker.keys()) {
    const at = key.lastIndexOf('@');
    if (ids.has(key.slice(at + 1))) yield key.slice(0, at);
  }
}
