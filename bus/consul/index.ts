export { type ConsulDependencies, createConsulBus } from './consul-bus.ts';
export { type ConsulOptions, type ConsulSettings, consulSchema } from './wire/schema.ts';
