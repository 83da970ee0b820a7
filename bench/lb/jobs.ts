/** What every proxy of a comparison does: names, each with a service of the same containers. */
export interface Job {
  readonly title: string;
  readonly hosts: readonly string[];
}

export const JOBS: readonly Job[] = [
  { title: 'one service', hosts: ['web.example.com'] },
  { title: '1,000 host names', hosts: Array.from({ length: 1_000 }, (_, n) => `web-${n}.example.com`) },
];

/** Addresses of the containers, on loopback. */
export const SERVERS = ['127.0.1.1', '127.0.1.2', '127.0.1.3', '127.0.1.4'] as const;
export const SERVER_PORT = 8_080;

/** For wrk: each request has the next name. The requests are made once, because Lua shares the core with the generator. */
export function rotatingHosts(hosts: readonly string[]): string {
  return [
    'local requests, at = {}, 0',
    'function init()',
    `  for _, host in ipairs({${hosts.map((host) => `"${host}"`).join(',')}}) do`,
    '    requests[#requests + 1] = wrk.format("GET", "/", { Host = host })',
    '  end',
    'end',
    'function request()',
    '  at = at % #requests + 1',
    '  return requests[at]',
    'end',
    '',
  ].join('\n');
}
