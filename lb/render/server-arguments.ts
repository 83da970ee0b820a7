import { hash32 } from '../../model/index.ts';
import type { Backend, Server } from '../table/table.ts';

/**
 * What follows `server NAME` in the file and `add server BACKEND/NAME` at run time. `parameters` are the same for all servers of a
 * backend: RenderedBackend has them.
 */
export function serverArguments(server: Server, parameters: string): string {
  const address = server.address.includes(':') ? `[${server.address}]` : server.address;
  return `${address}:${server.port} id ${serverId(server.name)} weight ${server.weight}${parameters}`;
}

/**
 * `balance source` places a server by its id. HAProxy 2.6 takes 0 for all servers that are added at run time, so that only two of them
 * would get clients, and counts the others by their line. With an id of its own, a server has the same clients on all hosts and after a reload.
 */
export function serverId(name: string): number {
  return hash32(name) & 0x7fff_ffff || 1;
}

/** The parameters of every server of a backend, each with a blank before it. `custom`: of `server $IP` in own HAProxy text, words that need no quotes. */
export function serverParameters({ protocol, options }: Backend, custom: readonly string[]): string {
  const isHttp = protocol === 'http' || protocol === 'https';
  const parameters = [
    options.proto === 'h2' && isHttp && 'proto h2',
    options.proto === 'https' && protocol !== 'sni' && 'ssl verify none',
    options.sendProxy === 'v1' && 'send-proxy',
    options.sendProxy === 'v2' && 'send-proxy-v2',
    ...custom,
  ];
  return parameters.flatMap((one) => (one === false ? [] : [` ${one}`])).join('');
}
