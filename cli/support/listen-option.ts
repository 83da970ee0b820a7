import { isIP } from 'node:net';
import { usageFailure } from './io.ts';

export interface ListenAddress {
  readonly address: string;
  readonly port: number;
}

/** `169.254.169.250:53` or `[::1]:5353`. */
export function parseListen(text: string, flag = '--listen'): ListenAddress {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const address = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3] ?? -1);
  if (isIP(address) !== 0 && port >= 0 && port <= 65535) return { address, port };
  const hint = 'write ADDRESS:PORT, such as 127.0.0.1:5353 or [::1]:5353';
  throw usageFailure(`${flag} ${text}`, 'is not an address and a port', hint);
}
