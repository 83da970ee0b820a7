import { type Container, dockerNames, type ShardedMap } from '../../model/index.ts';
import { dockerNameOn } from '../host-view/docker-name.ts';
import { compareContainers, withItem, withoutItem } from '../host-view/order.ts';
import { containerChanges, type HostChange } from './changes.ts';

/** Updates the names that Docker gives the containers of this host on each of their networks. */
export function editDockerNames(
  before: ShardedMap<readonly Container[]>,
  own: HostChange,
): ShardedMap<readonly Container[]> {
  const edit = before.edit();
  for (const { before: old, after } of containerChanges(own)) {
    for (const key of keysOf(old)) {
      edit.update(key, (bearers = NOBODY) => {
        const rest = old === null ? bearers : withoutItem(bearers, old);
        return rest.length === 0 ? undefined : rest;
      });
    }
    if (after === null) continue;
    for (const key of keysOf(after))
      edit.update(key, (bearers = NOBODY) => withItem(bearers, after, compareContainers));
  }
  return edit.result();
}

const NOBODY: readonly Container[] = [];

function keysOf(container: Container | null): readonly string[] {
  if (container === null) return [];
  const keys = container.addresses.flatMap((address) =>
    dockerNames(container, address).map((name) => dockerNameOn(name, address.networkId)),
  );
  return [...new Set(keys)];
}
