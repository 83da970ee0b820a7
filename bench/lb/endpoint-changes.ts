import type { JsonValue } from '../../model/index.ts';
import { type DataSet, PUBLISHED_PORT } from '../support/data-set.ts';
import { hostsOf } from '../support/facts.ts';

/** A container that stops, or that starts with another address. */
export interface EndpointChange {
  readonly hostId: string;
  readonly key: string;
  /** Null: the container is gone. */
  readonly fact: JsonValue;
  /** What HAProxy must have done then: `KIND SERVER`. */
  readonly command: string;
}

/** Changes all over the set, without end: each container that stops is followed by its start. */
export function* endpointChanges(set: DataSet): Generator<EndpointChange, never, undefined> {
  const containers = [...hostsOf(set)].flatMap(([hostId, facts]) =>
    Object.entries(facts).flatMap(([key, fact]) => (key.startsWith('container/') ? [{ hostId, key, fact }] : [])),
  );
  for (let change = 0; ; change += 1) {
    // A prime: each change is in another service.
    const { hostId, key, fact } = containers[(change * 7_919) % containers.length] as (typeof containers)[number];
    const [, now = ''] = /"ipv4":"([\d.]+)"/.exec(JSON.stringify(fact)) ?? [];
    const next = `10.127.${(change >> 8) & 255}.${change & 255}`;
    yield { hostId, key, fact: null, command: `remove ${now}:${PUBLISHED_PORT}` };
    const started = JSON.parse(JSON.stringify(fact).replace(`"${now}"`, `"${next}"`)) as JsonValue;
    yield { hostId, key, fact: started, command: `add ${next}:${PUBLISHED_PORT}` };
  }
}
