import type { z } from 'zod';
import { ok, problem, type Result } from '../../model/index.ts';
import type { AddressPools } from './address-pools.ts';
import {
  GATEWAY_TYPE,
  REQUEST_TYPE,
  type Reply,
  releaseAddress,
  releasePool,
  requestAddress,
  requestPool,
} from './wire.ts';

/** The reply to a request from Docker. */
export async function answer(pools: AddressPools, path: string, body: string): Promise<Result<Reply>> {
  switch (path) {
    case '/Plugin.Activate':
      return ok({ Implements: ['IpamDriver'] });
    case '/IpamDriver.GetCapabilities':
      // Leases are on disk, so dockerd need not repeat its requests after a restart. Docker derives MAC addresses from IP
      // addresses unless the driver requires them, so neighbour entries never become stale.
      return ok({ RequiresMACAddress: false, RequiresRequestReplay: false });
    case '/IpamDriver.GetDefaultAddressSpaces':
      return ok({ LocalDefaultAddressSpace: 'drover-local', GlobalDefaultAddressSpace: 'drover-global' });
    case '/IpamDriver.RequestPool':
      return using(requestPool, body, async ({ Pool, SubPool, V6 }) => {
        if (V6) return problem('address pool', 'IPv6 is not supported', 'omit --ipv6 for networks of this driver');
        const result = pools.requestPool(Pool, SubPool);
        return result.ok ? ok({ PoolID: result.value.id, Pool: result.value.pool, Data: {} }) : result;
      });
    case '/IpamDriver.ReleasePool':
      return using(releasePool, body, async ({ PoolID }) => {
        pools.releasePool(PoolID);
        return ok({});
      });
    case '/IpamDriver.RequestAddress':
      return using(requestAddress, body, async ({ PoolID, Address, Options }) => {
        const result = await pools.requestAddress(PoolID, Address, Options[REQUEST_TYPE] === GATEWAY_TYPE);
        return result.ok ? ok({ Address: result.value, Data: {} }) : result;
      });
    case '/IpamDriver.ReleaseAddress':
      return using(releaseAddress, body, async ({ PoolID, Address }) => {
        pools.releaseAddress(PoolID, Address);
        return ok({});
      });
    default:
      return problem(`request ${path}`, 'is not supported', 'use the drover driver for IPAM only');
  }
}

async function using<Schema extends z.ZodType>(
  schema: Schema,
  body: string,
  reply: (request: z.output<Schema>) => Promise<Result<Reply>>,
): Promise<Result<Reply>> {
  if (!body)
    return problem(
      'address request',
      'Docker repeated it without its body after Drover restarted',
      'repeat the command',
    );
  const parsed = schema.safeParse(parseJson(body));
  if (parsed.success) return reply(parsed.data);
  return problem(
    'address request',
    parsed.error.issues.map(({ message }) => message).join(', '),
    'send requests as Docker does',
  );
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
