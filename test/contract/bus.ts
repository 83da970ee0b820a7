import { describe } from 'vitest';
import type { Bus } from '../../bus/index.ts';
import type { Resources } from '../support/resources.ts';
import { documentContract } from './bus-documents.ts';
import { factContract } from './bus-facts.ts';
import { leaseContract } from './bus-leases.ts';
import { lifetimeContract } from './bus-lifetime.ts';
import { lockContract } from './bus-locks.ts';

/** What the suite needs from a driver. */
export interface BusDriver {
  /** A new, empty store. Everything it starts is added to `resources`. */
  create(resources: Resources): Promise<BusStore>;
  readonly capabilities: {
    /** 1: facts and locks belong to one Bus object, and only documents outlive it. */
    readonly hosts: 1 | 'many';
    /** Faults that its stores can inject; they have a method of each name. */
    readonly faults: readonly Fault[];
  };
  readonly timing: {
    /** Every change is visible everywhere within this time. */
    readonly settleMs: number;
    /** A host or lock holder that stops responding is gone within this time. */
    readonly leaseExpiryMs: number;
  };
}

export type Fault = 'expireLease' | 'expireLock' | 'cut';

/** One store that several Bus objects share. */
export interface BusStore {
  /** Another Bus object, for another host or for the same one after a restart. The suite closes it. */
  connect(environment: string): Promise<Bus>;
  /** Expires the lease of a host, for example by destroying its session. */
  expireLease?(environment: string, hostId: string): Promise<void>;
  /** Expires the claim of the holder of a leader lock. */
  expireLock?(environment: string, name: string): Promise<void>;
  /** Disconnects one Bus object from the store until the returned function is called. */
  cut?(bus: Bus): Promise<() => Promise<void>>;
}

/** The contract of every bus driver. Call it at the top level of a test file. Unhandled rejections fail the run. */
export function busContract(name: string, driver: BusDriver): void {
  describe(`bus contract: ${name}`, () => {
    factContract(driver);
    leaseContract(driver);
    documentContract(driver);
    lockContract(driver);
    lifetimeContract(driver);
  });
}
