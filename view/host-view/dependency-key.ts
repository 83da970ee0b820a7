/**
 * What an answer depends on, as text. An answer made in one view holds in a later one as long as none of its keys changed:
 *
 * - `name:<name>`: what bears this name (lower case, relative to the suffix, no trailing dot), whether it was found or not.
 *   Changed by every container of that name, by the coming and going of services, hosts and names below it.
 * - `service:<key>`: a service that was read, by `ServiceView.key`, whether it is there or not. Changed by its declaration
 *   and by every container of it.
 * - `stack:<key>`: whether there is such a stack.
 * - `host:<id>`: the address a host says it has, and its networks.
 * - `container:<id>`: a container of its own account, such as the one whose network another shares.
 * - `fact:<host>/<kind>/<id>`: a fact of a kind without a slot of its own in `HostState`.
 * - `revision`: anything at all; such an answer holds for one view.
 * - `asker`: who asks, beyond the links of its own; without it everybody who has no links gets the same answer. Never changes.
 *
 * Besides, every answer depends on the suffixes, on `snapshot.complete`, on who leads which sidekick, and on the asker: on
 * its scope and on the networks it has.
 */
export type DependencyKey =
  | `name:${string}`
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

/** Any change at all. */
export const ANY_CHANGE: DependencyKey = 'revision';

/** Another asker may get another answer. */
export const ASKER: DependencyKey = 'asker';
