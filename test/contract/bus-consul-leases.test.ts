import { afterAll, describe } from 'vitest';
import { consulDriver } from '../support/consul-store.ts';
import { createResources } from '../support/resources.ts';
import { leaseContract } from './bus-leases.ts';

const resources = createResources();
afterAll(() => resources.close());

describe('bus contract: consul', () => leaseContract(consulDriver(resources)));
