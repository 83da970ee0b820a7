import { z } from 'zod';

/** The fields that Drover reads of Docker's remote IPAM messages (libnetwork docs/ipam.md). */
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const options = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});

export const requestPool = z.object({ Pool: text, SubPool: text, V6: z.boolean().optional() });
export const releasePool = z.object({ PoolID: z.string() });
export const requestAddress = z.object({ PoolID: z.string(), Address: text, Options: options });
export const releaseAddress = z.object({ PoolID: z.string(), Address: text });

export type RequestPool = z.output<typeof requestPool>;
export type ReleasePool = z.output<typeof releasePool>;
export type RequestAddress = z.output<typeof requestAddress>;
export type ReleaseAddress = z.output<typeof releaseAddress>;

export const REQUEST_TYPE = 'RequestAddressType';
export const GATEWAY_TYPE = 'com.docker.network.gateway';

/** A reply to Docker, which shows `Error` to the user. */
export type Reply = Readonly<Record<string, unknown>>;

export const refuse = (why: string): Reply => ({ Error: why });
