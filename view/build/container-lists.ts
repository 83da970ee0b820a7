import type { Container, ShardedMap } from '../../model/index.ts';
import { compareContainers, withItem, withoutItem } from '../host-view/order.ts';

/** Key -> the containers that have it, sorted; never empty. */
export type ContainerLists = ShardedMap<readonly Container[]>;

export interface ContainerListsEdit {
  add(container: Container, keys: readonly string[]): void;
  drop(container: Container, keys: readonly string[]): void;
  result(): ContainerLists;
}

export function editContainerLists(before: ContainerLists): ContainerListsEdit {
  const edit = before.edit();
  return {
    add: (container, keys) => {
      for (const key of keys) edit.update(key, (list = NONE) => withItem(list, container, compareContainers));
    },
    drop: (container, keys) => {
      for (const key of keys) {
        edit.update(key, (list = NONE) => {
          const rest = withoutItem(list, container);
          return rest.length === 0 ? undefined : rest;
        });
      }
    },
    result: () => edit.result(),
  };
}

const NONE: readonly Container[] = [];
