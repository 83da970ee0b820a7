import type { Container } from '../model/index.ts';
import { compareContainers, compareText, withItem, withoutItem } from './order.ts';
import { editShards, type Shards, shardsGet } from './shards.ts';
import type { NameEntry, NameNode } from './view-index.ts';

/** A changed copy of the names in the making. Names are lower case and relative to the suffix. */
export interface NamesEdit {
  addService(name: string, key: string): void;
  dropService(name: string, key: string): void;
  putContainer(container: Container): void;
  dropContainer(container: Container): void;
  addHost(name: string, id: string): void;
  dropHost(name: string, id: string): void;
  done(): Shards<NameEntry>;
}

const NO_KEYS: readonly string[] = [];
const NO_CONTAINERS: readonly Container[] = [];
const NOTHING: NameNode = { services: NO_KEYS, containers: NO_CONTAINERS, hosts: NO_KEYS, below: 0 };

/** What a name (lower case, relative to the suffix) stands for. */
export function nameNode(
  { index }: { readonly index: { readonly names: Shards<NameEntry> } },
  name: string,
): NameNode | undefined {
  const entry = shardsGet(index.names, name);
  return entry === undefined ? undefined : nodeOf(entry);
}

function nodeOf(entry: NameEntry): NameNode {
  if (typeof entry === 'string') return { services: [entry], containers: NO_CONTAINERS, hosts: NO_KEYS, below: 0 };
  if ('below' in entry) return entry;
  return { services: NO_KEYS, containers: [entry], hosts: NO_KEYS, below: 0 };
}

function entryOf(node: NameNode): NameEntry | undefined {
  const { services, containers, hosts, below } = node;
  const bearers = services.length + containers.length + hosts.length;
  if (bearers === 0 && below === 0) return undefined;
  return bearers === 1 && below === 0 ? (services[0] ?? containers[0] ?? node) : node;
}

export function editNames(names: Shards<NameEntry>): NamesEdit {
  const edit = editShards(names);
  const steps = new Map<string, number>();
  const get = (name: string): NameNode => {
    const entry = edit.get(name);
    return entry === undefined ? NOTHING : nodeOf(entry);
  };
  const change = (name: string, part: (node: NameNode) => NameNode): void => {
    const before = get(name);
    const after = part(before);
    edit.set(name, entryOf(after));
    const step = Number(isBorne(after)) - Number(isBorne(before));
    if (step === 0) return;
    for (const parent of parentsOf(name)) steps.set(parent, (steps.get(parent) ?? 0) + step);
  };
  // A stack has hundreds of names below it: its own node is made once.
  const done = (): Shards<NameEntry> => {
    for (const [parent, step] of steps) {
      const node = get(parent);
      if (step !== 0) edit.set(parent, entryOf({ ...node, below: node.below + step }));
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
