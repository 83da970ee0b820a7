import { isIP } from 'node:net';
import { z } from 'zod';
import { isJsonObject, type JsonObject, parseInterfaceCidr } from '../model/index.ts';
import { isShallow, tooDeep } from './depth.ts';

// The fields that the schemas of the kinds are made of. Other hosts, possibly of another version, write the facts: unknown
// fields are dropped. A field that is added later needs a default, or the facts of older hosts are refused.

export const text = z.string().min(1);
export const count = z.int().nonnegative();
export const ip = z.string().refine((value) => isIP(value) !== 0, 'is not an IP address');
export const ipv4 = z.string().refine((value) => isIP(value) === 4, 'is not an IPv4 address');
export const ipv6 = z.string().refine((value) => isIP(value) === 6, 'is not an IPv6 address');
export const cidr = z.string().refine((value) => parseInterfaceCidr(value).ok, 'is not a subnet such as 10.42.3.0/24');
export const port = z.int().min(0).max(65_535);
export const labels = z.record(z.string(), z.string());
/** A map as JSON text, of any depth up to the limit. */
export const jsonMap = z.string().refine(isJsonMap, 'is not a map as JSON text');
export const tree = z.custom<JsonObject>(isJsonObject, 'is not an object').refine((value) => isShallow(value), tooDeep);

function isJsonMap(value: string): boolean {
  if (value === '{}') return true;
  try {
    const map: unknown = JSON.parse(value);
    return isJsonObject(map) && isShallow(map);
  } catch {
    return false;
  }
}
