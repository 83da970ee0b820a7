import type { Backend, Server } from '../table/table.ts';

/**
 * What follows `server NAME` in the file and `add server BACKEND/NAME` at run time. `parameters` are the same for all servers of a
 * backend: RenderedBackend has them.
 */
export function serverArguments(server: Server, parameters: string): string {
  const address = server.address.includes(':') ? `[${server.address}]` : server.address;
  return `${address}:${server.port} weight ${server.weight}${parameters}`;
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
