import { afterAll, describe } from 'vitest';
import { consulDriver } from '../support/consul-store.ts';
import { createResources } from '../support/resources.ts';
import { documentContract } from './bus-documents.ts';
import { factContract } from './bus-facts.ts';
import { lifetimeContract } from './bus-lifetime.ts';

// Leases and locks have files of their own, because each waits 20 s for a session to expire.
const resources = createResources();
afterAll(() => resources.close());

describe('bus contract: consul', () => {
  const driver = consulDriver(resources);
  factContract(driver);
  documentContract(driver);
  lifetimeContract(driver);
});
