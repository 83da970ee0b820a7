import { type Job, SERVER_PORT, SERVERS } from './jobs.ts';

/** A program with its files, for one job. */
export interface Program {
  readonly name: string;
  /** A program of .tools/peers with its arguments; it runs in a directory with the files. */
  readonly command: readonly string[];
  readonly files: Readonly<Record<string, string>>;
}

/** Where a program runs: its port, and the directory of its files. */
export interface Place {
  readonly port: number;
  readonly dir: string;
}

const ORIGIN = SERVERS.map((address) => `${address}:${SERVER_PORT}`);

/** The containers: an nginx that answers from memory. */
export function origin(): Program {
  const text = [
    ...nginxHead(),
    ...nginxHttp(),
    `  server { ${ORIGIN.map((name) => `listen ${name};`).join(' ')} location / { return 200 "hello\\n"; } }`,
    '}',
  ];
  return { name: 'containers', command: nginxCommand(), files: { 'nginx.conf': lines(text) } };
}

/** HAProxy as one configures it by hand, with the headers and the retries that Drover gives (`MANNERS`). */
export function bareHaproxy({ hosts }: Job, { port }: Place): Program {
  const header = (name: string, value: string) =>
    `  http-request set-header ${name} ${value} unless { req.hdr(${name}) -m found }`;
  const text = [
    'global',
    '  fd-hard-limit 131072',
    'defaults',
    '  mode http',
    '  option forwardfor',
    '  option redispatch',
    '  retries 3',
    '  retry-on conn-failure empty-response',
    '  timeout connect 5s',
    '  timeout client 50s',
    '  timeout server 50s',
    '  timeout http-request 10s',
    '  timeout http-keep-alive 60s',
    'frontend web',
    `  bind :::${port} v4v6`,
    header('X-Forwarded-Proto', 'http'),
    header('X-Forwarded-Port', '%[dst_port]'),
    header('X-Forwarded-Host', '%[req.hdr(host)]'),
    header('X-Request-Id', '%[uuid()]'),
    '  http-request disable-l7-retry if METH_POST',
    '  use_backend %[req.hdr(host),host_only,map(hosts.map)]',
    ...hosts.flatMap((_, at) => [
      `backend web-${at}`,
      ...ORIGIN.map((address, server) => `  server s${server} ${address}`),
    ]),
  ];
  const map = hosts.map((host, at) => `${host} web-${at}`);
  return {
    name: 'HAProxy by hand',
    command: ['haproxy', '-db', '-f', 'haproxy.cfg'],
    files: { 'haproxy.cfg': lines(text), 'hosts.map': lines(map) },
  };
}

/** What the two configurations of HAProxy do with a request: Drover, by hand. */
export const MANNERS: readonly (readonly [what: string, drover: string, byHand: string])[] = [
  ['X-Forwarded-For appended', 'yes', 'yes'],
  ['X-Forwarded-Proto, -Port, -Host and X-Request-ID added if missing', 'yes', 'yes'],
  ['host in any case, with or without a port', 'yes', 'yes'],
  ['host with a dot at the end', 'yes', 'no'],
  ['400 for a host with a slash', 'yes', 'no'],
  ['retries on another server after a request was sent', 'methods that may be repeated', 'all but POST'],
  ['timeouts for headers and between requests', 'yes', 'yes'],
];

export function nginx({ hosts }: Job, { port }: Place): Program {
  const headers = [
    'X-Forwarded-For $proxy_add_x_forwarded_for',
    'X-Forwarded-Proto $scheme',
    'X-Forwarded-Port $server_port',
    'X-Forwarded-Host $http_host',
    'X-Request-Id $request_id',
    'Host $http_host',
    'Connection ""',
  ];
  const text = [
    ...nginxHead(),
    ...nginxHttp(),
    '  proxy_http_version 1.1; server_names_hash_max_size 4096; server_names_hash_bucket_size 128;',
    ...headers.map((header) => `  proxy_set_header ${header};`),
    ...hosts.flatMap((host, at) => [
      `  upstream web-${at} { ${ORIGIN.map((address) => `server ${address};`).join(' ')} keepalive 32; }`,
      `  server { listen ${port}; server_name ${host}; location / { proxy_pass http://web-${at}; } }`,
    ]),
    '}',
  ];
  return { name: 'nginx', command: nginxCommand(), files: { 'nginx.conf': lines(text) } };
}

export function caddy({ hosts }: Job, { port }: Place): Program {
  const text = [
    '{',
    '  admin off',
    '  auto_https off',
    '}',
    ...hosts.map((host) => `http://${host}:${port} {\n  reverse_proxy ${ORIGIN.join(' ')}\n}`),
  ];
  return {
    name: 'Caddy',
    command: ['caddy', 'run', '--config', 'Caddyfile', '--adapter', 'caddyfile'],
    files: { Caddyfile: lines(text) },
  };
}

function nginxHead(): readonly string[] {
  return ['worker_processes 1; daemon off; pid nginx.pid; error_log stderr;', 'events { worker_connections 5000; }'];
}

/** Temporary files are in the own directory, not in that of the package. */
function nginxHttp(): readonly string[] {
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`);
  return ['http {', `  access_log off; keepalive_requests 100000000; ${folders.join(' ')}`];
}

function nginxCommand(): readonly string[] {
  return ['nginx', '-e', 'stderr', '-p', '.', '-c', 'nginx.conf'];
}

const lines = (list: readonly string[]): string => `${list.join('\n')}\n`;
