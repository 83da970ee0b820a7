import { hash } from 'node:crypto';
import type { Container } from '../model/index.ts';
import type { HostView, ServiceView } from '../view/index.ts';
import { createMemo } from './memo.ts';
import type { ContainersNode, Objects, ServiceNode, StackNode } from './objects.ts';
import { renderJson } from './render-json.ts';
import { formatUuid } from './uuid.ts';
import type { Value, ValueObject } from './value.ts';

/**
 * The `version` of a view: follows from its content alone, so it changes only with it, and is the same after a restart.
 * `objects` are those of the newest version of the API, which with the names as written tell all there is.
 */
export type ContentVersion = (view: HostView, objects: Objects) => string;

/** Sums the hashes of the objects, each made once, so that a change costs what changed. */
export function createContentVersion(): ContentVersion {
  const sums = createMemo<object, Sum>();
  const once = (key: object, make: () => Sum): Sum => sums(key, [], make);
  const ofContainer = (object: ValueObject, { name }: Container): Sum => once(object, () => digest([object, name]));
  const ofContainers = ({ containers, containerObjects }: ContainersNode): Sum =>
    containers.reduce((sum, container, index) => add(sum, ofContainer(containerObjects[index] ?? {}, container)), ZERO);
  const ofService = (node: ServiceNode): Sum => once(node, () => add(digest(ownPart(node)), ofContainers(node)));
  const ofStack = (node: StackNode): Sum =>
    once(node, () => [...node.services.values()].map(ofService).reduce(add, ZERO));

  return (view, objects) => {
    const { environment, hosts } = view.snapshot;
    const networks = objects.networks();
    let sum = add(
      digest([environment.name, environment.uuid, view.hostId]),
      once(networks, () => digest(networks)),
    );
    for (const stack of view.stacks.values()) sum = add(sum, ofStack(objects.stack(stack)));
    for (const state of hosts.values()) {
      const alone = objects.standalone(state);
      sum = add(
        sum,
        once(alone, () => ofContainers(alone)),
      );
      const host = state.host && objects.host(state.host);
      if (host)
        sum = add(
          sum,
          once(host, () => digest(host)),
        );
    }
    return formatSum(sum);
  };
}

/** A service without its containers, and with what the newest version of the API does not tell everybody. */
function ownPart({ object, service }: ServiceNode): Value {
  const { name, stack, primaryService } = service;
  const injected = service.declaration?.metadata ?? '';
  return [{ ...object, containers: null, metadata: injected }, name, stack, primaryService, tokenOf(service)];
}

/** Only its own containers see it, but they must learn of it. */
function tokenOf({ declaration }: ServiceView): string | null {
  const token = declaration?.options.token;
  return typeof token === 'string' ? token : null;
}

/** Four lanes of 32 bits; order does not matter to a sum, so it needs no sorting and one part can be exchanged. */
type Sum = readonly [number, number, number, number];

const ZERO: Sum = [0, 0, 0, 0];

function digest(value: Value): Sum {
  const bytes = hash('sha1', renderJson(value), 'buffer');
  return [bytes.readUInt32BE(0), bytes.readUInt32BE(4), bytes.readUInt32BE(8), bytes.readUInt32BE(12)];
}

function add(a: Sum, b: Sum): Sum {
  return [(a[0] + b[0]) >>> 0, (a[1] + b[1]) >>> 0, (a[2] + b[2]) >>> 0, (a[3] + b[3]) >>> 0];
}

function formatSum(sum: Sum): string {
  const bytes = Buffer.alloc(16);
  for (const [index, lane] of sum.entries()) bytes.writeUInt32BE(lane, index * 4);
  return formatUuid(bytes);
}
