import type { Container } from '../model/index.ts';
import { compareContainers, compareText } from './order.ts';
import { editShards, type Shards } from './shards.ts';
import type { NameNode } from './view-index.ts';

/** A changed copy of the names in the making. Names are lower case and relative to the suffix. */
export interface NamesEdit {
  addService(name: string, key: string): void;
  dropService(name: string, key: string): void;
  putContainer(container: Container): void;
  dropContainer(container: Container): void;
  addHost(name: string, id: string): void;
  dropHost(name: string, id: string): void;
  done(): Shards<NameNode>;
}

const NOTHING: NameNode = { services: [], containers: [], hosts: [], below: 0 };

export function editNames(names: Shards<NameNode>): NamesEdit {
  const edit = editShards(names);
  const set = (name: string, node: NameNode) => edit.set(name, isBorne(node) || node.below > 0 ? node : undefined);
  const change = (name: string, part: (node: NameNode) => Partial<NameNode>): void => {
    const before = edit.get(name) ?? NOTHING;
    const after = { ...before, ...part(before) };
    set(name, after);
    const step = Number(isBorne(after)) - Number(isBorne(before));
    if (step === 0) return;
    for (const parent of parentsOf(name)) {
      const node = edit.get(parent) ?? NOTHING;
      set(parent, { ...node, below: node.below + step });
    }
  };
  return {
    addService: (name, key) =>
      change(name, ({ services }) => ({ services: [...without(services, key), key].sort(compareText) })),
    dropService: (name, key) => change(name, ({ services }) => ({ services: without(services, key) })),
    putContainer: (container) =>
      change(container.name.toLowerCase(), ({ containers }) => ({
        containers: [...containers, container].sort(compareContainers),
      })),
    dropContainer: (container) =>
      change(container.name.toLowerCase(), ({ containers }) => ({ containers: without(containers, container) })),
    addHost: (name, id) => change(name, ({ hosts }) => ({ hosts: [...without(hosts, id), id].sort(compareText) })),
    dropHost: (name, id) => change(name, ({ hosts }) => ({ hosts: without(hosts, id) })),
    done: edit.done,
  };
}

function isBorne(node: NameNode): boolean {
  return node.services.length > 0 || node.containers.length > 0 || node.hosts.length > 0;
}

function without<T>(list: readonly T[], item: T): T[] {
  return list.filter((other) => other !== item);
}

/** `log.web.shop` -> `web.shop`, `shop`. */
function parentsOf(name: string): readonly string[] {
  const parents: string[] = [];
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) parents.push(name.slice(dot + 1));
  return parents;
}
