import { createHash } from 'node:crypto';
import type { Container } from '../model/index.ts';
import type { HostView, ServiceView } from '../view/index.ts';
import { hostsOf, servicesOf } from './listing.ts';
import { createMemo } from './memo.ts';
import type { Objects } from './objects.ts';
import { renderJson } from './render-json.ts';
import { formatUuid } from './uuid.ts';
import type { ValueObject } from './value.ts';

/**
 * The `version` of a view: follows from its content alone, so it changes only with it, and is the same after a restart.
 * `objects` are those of the newest version of the API, which with the names as written tell all there is.
 */
export type ContentVersion = (view: HostView, objects: Objects) => string;

/** Sums the hashes of the objects, each made once, so that a change costs what changed. */
export function createContentVersion(): ContentVersion {
  const hashes = createMemo<object, Sum>();
  const hashOf = (object: object, text: () => string): Sum => hashes(object, [], () => digest(text()));
  const ofContainer = (object: ValueObject, { name }: Container): Sum =>
    hashOf(object, () => `${renderJson(object)}${name}`);
  const ofContainers = (objects: readonly ValueObject[], containers: readonly Container[]): Sum =>
    containers.reduce((sum, container, index) => add(sum, ofContainer(objects[index] ?? {}, container)), ZERO);
  const ofService = (object: ValueObject, service: ServiceView): Sum =>
    hashes(object, [], () => {
      const { name, stack, primaryService } = service;
      const own = renderJson([{ ...object, containers: null }, name, stack, primaryService, tokenOf(service)]);
      return add(digest(own), ofContainers((object.containers ?? []) as readonly ValueObject[], service.containers));
    });

  return (view, objects) => {
    const { environment } = view.snapshot;
    const networks = objects.networks();
    const services = servicesOf(view).map((service) => ofService(objects.service(service), service));
    const hosts = hostsOf(view).map((state) => {
      const { objects: alone, containers } = objects.standalone(state);
      const host = state.host && objects.host(state.host);
      const ofHost = host ? hashOf(host, () => renderJson(host)) : ZERO;
      return add(
        ofHost,
        hashes(alone, [], () => ofContainers(alone, containers)),
      );
    });
    const frame = [
      digest(`${environment.name}/${environment.uuid}/${view.hostId}`),
      hashOf(networks, () => renderJson(networks)),
    ];
    return formatSum([...frame, ...services, ...hosts].reduce(add, ZERO));
  };
}

/** Only its own containers see it, but they must learn of it. */
function tokenOf({ declaration }: ServiceView): string | null {
  const token = declaration?.options.token;
  return typeof token === 'string' ? token : null;
}

/** Four lanes of 32 bits; order does not matter to a sum, so it needs no sorting and one part can be exchanged. */
type Sum = readonly [number, number, number, number];

const ZERO: Sum = [0, 0, 0, 0];

function digest(text: string): Sum {
  const bytes = createHash('sha1').update(text).digest();
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
