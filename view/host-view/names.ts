import { type Container, compareText, type ShardedMap } from '../../model/index.ts';
import { containerName } from './domain-name.ts';
import { compareContainers, withItem, withoutItem } from './order.ts';
import type { NameEntry, NameNode } from './view-index.ts';

/** A changed copy of the names under construction. Names are lower case and relative to the suffix. */
export interface NamesEdit {
  addService(name: string, key: string): void;
  dropService(name: string, key: string): void;
  putContainer(container: Container): void;
  dropContainer(container: Container): void;
  addHost(name: string, id: string): void;
  dropHost(name: string, id: string): void;
  done(): ShardedMap<NameEntry>;
}

const NO_KEYS: readonly string[] = [];
const NO_CONTAINERS: readonly Container[] = [];
const NOTHING: NameNode = { services: NO_KEYS, containers: NO_CONTAINERS, hosts: NO_KEYS, below: 0 };

/** The bearers of a name (lower case, relative to the suffix). */
export function nameNode(
  { index }: { readonly index: { readonly names: ShardedMap<NameEntry> } },
  name: string,
): NameNode | undefined {
  const entry = index.names.get(name);
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

export function editNames(names: ShardedMap<NameEntry>): NamesEdit {
  const edit = names.edit();
  const steps = new Map<string, number>();
  /** `only`: the entry if the name had no bearer before, which is the case for all names in a full build. */
  const change = (name: string, part: (node: NameNode) => NameNode, only?: NameEntry): void =>
    edit.update(name, (entry) => {
      if (entry === undefined && only !== undefined) {
        count(name, 1);
        return only;
      }
      const before = entry === undefined ? NOTHING : nodeOf(entry);
      const after = part(before);
      count(name, Number(isBorne(after)) - Number(isBorne(before)));
      return entryOf(after);
    });
  const count = (name: string, step: number): void => {
    if (step === 0) return;
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      const parent = name.slice(dot + 1);
      steps.set(parent, (steps.get(parent) ?? 0) + step);
    }
  };
  // The node of a stack is updated once, because a stack has hundreds of names below it.
  const done = (): ShardedMap<NameEntry> => {
    for (const [parent, step] of steps) {
      if (step === 0) continue;
      edit.update(parent, (entry) => {
        const node = entry === undefined ? NOTHING : nodeOf(entry);
        return entryOf({ ...node, below: node.below + step });
      });
    }
    return edit.result();
  };
  return {
    addService: (name, key) => {
      const add = (node: NameNode) => ({
        ...node,
        services: withItem(withoutItem(node.services, key), key, compareText),
      });
      change(name, add, key);
    },
    dropService: (name, key) => change(name, (node) => ({ ...node, services: withoutItem(node.services, key) })),
    putContainer: (container) => {
      const put = (node: NameNode) => ({
        ...node,
        containers: withItem(node.containers, container, compareContainers),
      });
      change(container.name.toLowerCase(), put, container);
      const short = shortName(container);
      if (short !== null) change(short, put, container);
    },
    dropContainer: (container) => {
      const drop = (node: NameNode) => ({ ...node, containers: withoutItem(node.containers, container) });
      change(container.name.toLowerCase(), drop);
      const short = shortName(container);
      if (short !== null) change(short, drop);
    },
    addHost: (name, id) =>
      change(name, (node) => ({ ...node, hosts: withItem(withoutItem(node.hosts, id), id, compareText) })),
    dropHost: (name, id) => change(name, (node) => ({ ...node, hosts: withoutItem(node.hosts, id) })),
    done,
  };
}

/** The name that stands for one that is not valid in DNS; commands find the container by both. Null: its own name is valid. */
function shortName(container: Container): string | null {
  const inDns = containerName(container);
  return inDns === container.name.toLowerCase() ? null : inDns;
}

function isBorne(node: NameNode): boolean {
  return node.services.length > 0 || node.containers.length > 0 || node.hosts.length > 0;
}
