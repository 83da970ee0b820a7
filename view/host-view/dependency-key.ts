/**
 * The things that an answer depends on, as text. An answer from one view is valid in a later one until one of its keys changes:
 *
 * - `name:<name>`: the bearers of a name (lower case, relative to the suffix, no trailing dot), found or not. Changes with every
 *   container of that name, and when services, hosts or names below it appear or disappear.
 * - `docker:<name>@<network>`: the containers with that name in Docker's resolver, on the network of that id.
 * - `service:<key>`: a service that was read, by `ServiceView.key`, found or not. Changes with its declaration and with each of its
 *   containers.
 * - `stack:<key>`: whether there is such a stack.
 * - `host:<id>`: the fact of a host, and its networks.
 * - `container:<id>`: a container that was read by id, such as the one whose network another shares.
 * - `fact:<host>/<kind>/<id>`: a fact of a kind that has no slot of its own in `HostState`.
 * - `revision`: everything; such an answer is valid in one view only.
 * - `asker`: the asker, beyond its links. Without this key all askers without links get the same answer. Never changes.
 *
 * In addition, every answer depends on the suffixes, on `snapshot.complete`, on the primary services of sidekicks, and on the scope
 * and the networks of the asker.
 */
export type DependencyKey =
  | `name:${string}`
  | `docker:${string}`
  | `service:${string}`
  | `stack:${string}`
  | `host:${string}`
  | `container:${string}`
  | `fact:${string}`
  | 'revision'
  | 'asker';

/** `relative` in any case. */
export function nameKey(relative: string): DependencyKey {
  return `name:${relative.toLowerCase()}`;
}

/** By `dockerNameOn`. */
export function dockerKey(name: string): DependencyKey {
  return `docker:${name}`;
}

/** A service by its key, as `ServiceView.key` or as a link has it. */
export function serviceKeyOf(key: string): DependencyKey {
  return `service:${key.toLowerCase()}`;
}

export function stackKey(stack: string): DependencyKey {
  return `stack:${stack.toLowerCase()}`;
}

export function hostKey(id: string): DependencyKey {
  return `host:${id}`;
}

export function containerKey(id: string): DependencyKey {
  return `container:${id}`;
}

export function factKey(hostId: string, kind: string, id: string): DependencyKey {
  return `fact:${hostId}/${kind}/${id}`;
}

/** Changes with every change. */
export const ANY_CHANGE: DependencyKey = 'revision';

/** Another asker may get another answer. */
export const ASKER: DependencyKey = 'asker';
