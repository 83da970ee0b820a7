import { describe } from 'vitest';
import type { Bus } from '../../bus/index.ts';
import type { Resources } from '../support/resources.ts';
import { documentContract } from './bus-documents.ts';
import { factContract } from './bus-facts.ts';
import { leaseContract } from './bus-leases.ts';
import { lifetimeContract } from './bus-lifetime.ts';
import { lockContract } from './bus-locks.ts';

/** What a driver brings for the suite. */
export interface BusDriver {
  /** A fresh, empty store; whatever it starts goes into `resources`. */
  create(resources: Resources): Promise<BusStore>;
  readonly capabilities: {
    /** 1: facts and locks are those of one Bus object, only documents outlive it. */
    readonly hosts: 1 | 'many';
    /** What its stores can be made to do; the methods of these names are then there. */
    readonly faults: readonly Fault[];
  };
  readonly timing: {
    /** Any change is seen everywhere within this. */
    readonly settleMs: number;
    /** A host or a lock holder that is silent from now on is gone within this. */
    readonly leaseExpiryMs: number;
  };
}

export type Fault = 'expireLease' | 'expireLock' | 'cut';

/** One store that several Bus objects share. */
export interface BusStore {
  /** Another Bus object: another host, or the same one after a restart. Closing it is the suite's part. */
  connect(environment: string): Promise<Bus>;
  /** Makes the bus declare a host's lease dead (its session destroyed), if the driver can be made to. */
  expireLease?(environment: string, hostId: string): Promise<void>;
  /** Makes the bus declare the holder of a leader lock dead. */
  expireLock?(environment: string, name: string): Promise<void>;
  /** Cuts one Bus object off from the store until the function it gives is called. */
  cut?(bus: Bus): Promise<() => Promise<void>>;
}

/** What every bus driver must do; call it at the top of a test file. Unhandled rejections fail the run by themselves. */
export function busContract(name: string, driver: BusDriver): void {
  describe(`bus contract: ${name}`, () => {
    factContract(driver);
    leaseContract(driver);
    documentContract(driver);
    lockContract(driver);
    lifetimeContract(driver);
  });
}
