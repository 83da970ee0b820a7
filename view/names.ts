import type { Container } from '../model/index.ts';
import { compareContainers, compareText, withItem, withoutItem } from './order.ts';
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
  const steps = new Map<string, number>();
  const set = (name: string, node: NameNode) => edit.set(name, isBorne(node) || node.below > 0 ? node : undefined);
  const change = (name: string, part: (node: NameNode) => NameNode): void => {
    const before = edit.get(name) ?? NOTHING;
    const after = part(before);
    set(name, after);
    const step = Number(isBorne(after)) - Number(isBorne(before));
    if (step === 0) return;
    for (const parent of parentsOf(name)) steps.set(parent, (steps.get(parent) ?? 0) + step);
  };
  // A stack has hundreds of names below it: its own node is made once.
  const done = (): Shards<NameNode> => {
    for (const [parent, step] of steps) {
      const node = edit.get(parent) ?? NOTHING;
      if (step !== 0) set(parent, { ...node, below: node.below + step });
    }
    return edit.done();
  };
  return {
    addService: (name, key) =>
      change(name, (node) => ({ ...node, services: withItem(withoutItem(node.services, key), key, compareText) })),
    dropService: (name, key) => change(name, (node) => ({ ...node, services: withoutItem(node.services, key) })),
    putContainer: (container) =>
      change(container.name.toLowerCase(), (node) => ({
        ...node,
        containers: withItem(node.containers, container, compareContainers),
      })),
    dropContainer: (container) =>
      change(container.name.toLowerCase(), (node) => ({
        ...node,
        containers: withoutItem(node.containers, container),
      })),
    addHost: (name, id) =>
      change(name, (node) => ({ ...node, hosts: withItem(withoutItem(node.hosts, id), id, compareText) })),
    dropHost: (name, id) => change(name, (node) => ({ ...node, hosts: withoutItem(node.hosts, id) })),
    done,
  };
}

function isBorne(node: NameNode): boolean {
  return node.services.length > 0 || node.containers.length > 0 || node.hosts.length > 0;
}

/** `log.web.shop` -> `web.shop`, `shop`. */
function parentsOf(name: string): readonly string[] {
  const parents: string[] = [];
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) parents.push(name.slice(dot + 1));
  return parents;
}
