import type { Host, JsonValue } from '../model/index.ts';
import type { FactsPart } from './host-facts.ts';

/** The fact `host`, made of fields of several owners: Docker (machine), host (address, labels), overlay (subnets). */
export interface HostFact {
  value(): Host;
  /** The fields of one owner, to be set as they change. Throws when another owner has one of them. */
  fields<K extends keyof Host>(...names: readonly K[]): SetHostFields<K>;
}

export type SetHostFields<K extends keyof Host> = (values: Partial<Pick<Host, K>>) => void;

export function createHostFact(part: FactsPart, initial: Host): HostFact {
  const owned = new Set<keyof Host>();
  let host = initial;
  const publish = (): void => part.set('host', { ...host } as unknown as JsonValue);
  publish();
  return {
    value: () => host,
    fields: (...names) => {
      const taken = names.find((name) => owned.has(name));
      if (taken !== undefined) throw new Error(`host field ${taken} has an owner already`);
      for (const name of names) owned.add(name);
      return (values) => {
        host = { ...host, ...values };
        publish();
      };
    },
  };
}
