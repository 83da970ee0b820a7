import { forEachEnd, ipBatch, type Pair } from '../pair.ts';

/** No tunnel: routes through the underlay. */
export function connectPlain(pair: Pair): Promise<void> {
  return forEachEnd(pair, (own, other) => ipBatch(own.host, [`route add ${other.subnet} via ${other.address}`]));
}
