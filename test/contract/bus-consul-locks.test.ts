import { afterAll, describe } from 'vitest';
import { consulDriver } from '../support/consul-store.ts';
import { createResources } from '../support/resources.ts';
import { lockContract } from './bus-locks.ts';

const resources = createResources();
afterAll(() => resources.close());

describe('bus contract: consul', () => lockContract(consulDriver(resources)));
