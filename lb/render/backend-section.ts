import { isIP } from 'node:net';
import type { CustomText } from '../custom/index.ts';
import type { Backend, Server } from '../table/table.ts';
import { cookieWords } from './cookie.ts';
import { shortHash } from './hash.ts';
import { hostName, sectionName, UnwritableError, word } from './quote.ts';
import type { RenderedBackend } from './rendered-config.ts';
import { requestRules } from './request-rules.ts';
import { customOwners, type Section } from './section.ts';
import { serverArguments, serverId, serverParameters } from './server-arguments.ts';
import type { Templates } from './templates.ts';

export interface BackendSection {
  readonly name: string;
  readonly section: Section;
  /** Hash of everything but the servers, and of what it is for: its section and statistics are for no other rule. */
  readonly structure: string;
  /** The section without name and servers: backends with the same one can have each other's section. */
  readonly shape: string;
  readonly rendered: Pick<RenderedBackend, 'rule' | 'users' | 'serverParameters' | 'cookieKey'>;
}

export interface BackendContext {
  /** Of its balancer. */
  readonly custom: CustomText | undefined;
  /** Name of the defaults section. */
  readonly defaults: string;
  /** Where redirects to https go. */
  readonly httpsPort: number;
  /** Whether HAProxy can compress. */
  readonly gzip: boolean;
}

export function backendSection(templates: Templates, backend: Backend, context: BackendContext): BackendSection {
  const { name, balancer } = backend;
  const { custom } = context;
  const lines = [...(custom?.backends.get(name) ?? []), ...(custom?.backends.get('') ?? [])];
  const ofServers = [...(custom?.serverParameters.get(name) ?? []), ...(custom?.serverParameters.get('') ?? [])];
  const parameters = serverParameters(backend, ofServers);
  const isHttp = backend.protocol === 'http' || backend.protocol === 'https';
  const cookieKey = isHttp && backend.stickiness !== null ? backend.cookieKey : null;
  const head = templates.backend({
    name: sectionName(name),
    defaults: context.defaults,
    mode: isHttp ? 'http' : 'tcp',
    http: isHttp,
    forwardFor: !custom?.noForwardFor.has(name) && !custom?.noForwardFor.has(''),
    proto: backend.protocol,
    requestRules: custom ? requestRules(backend.protocol) : [],
    ...options(backend, context),
    cookie: cookieKey !== null && backend.stickiness && cookieWords(backend.stickiness, name).map(word).join(' '),
    cookieKey,
    custom: lines,
    namedServers: backend.namedServers.map(({ hostname, port, weight }) => {
      const name = `${hostname}:${port}`;
      return `${name} ${hostName(hostname)}:${port} id ${serverId(name)} weight ${weight}${parameters}`;
    }),
  });
  const servers = backend.servers.map((server) => serverLine(server, parameters));
  return {
    name,
    section: {
      text: head + servers.join(''),
      owner: { kind: 'backend', balancer, backend: name },
      lineOwners: new Map(customOwners(lines, balancer)),
    },
    structure: shortHash(head, parameters, backend.rule, balancer),
    shape: head.replace(`\nbackend ${name} `, '\nbackend '),
    rendered: { rule: backend.rule, users: backend.options.basicAuth, serverParameters: parameters, cookieKey },
  };
}

/** Room for a body in HAProxy's buffer, beside the headers. A body without a length must be smaller. */
const BUFFER_BYTES = 8_192;

function options({ protocol, options: all }: Backend, { httpsPort, gzip }: BackendContext): object {
  const { maxBodyBytes } = all;
  return {
    balance: all.balance ?? 'roundrobin',
    serverTimeoutMs: all.serverTimeoutMs,
    tunnelTimeoutMs: all.tunnelTimeoutMs,
    gzip: all.gzip && gzip,
    redirect: protocol === 'http' && all.redirectHttps,
    redirectPort: httpsPort === 443 ? '' : `:${httpsPort}`,
    users: all.basicAuth.map(user),
    realm: word('Restricted'),
    limitsBody: maxBodyBytes !== null,
    maxBodyBytes,
    bufferedBytes: Math.min(BUFFER_BYTES, (maxBodyBytes ?? 0) + 1),
    forwarded: all.forwarded,
  };
}

const HASH = /^\$(2[abxy]|5|6)\$/;

function user(text: string): object {
  const [, name, hash] = /^([^:]+):(.+)$/.exec(text) ?? [];
  if (name === undefined || hash === undefined || !HASH.test(hash)) {
    throw new UnwritableError('a user is not written as name:hash, with a hash that begins with $2y$, $5$ or $6$');
  }
  return { name: word(name), hash: word(hash) };
}

/** A server that drains must not get a request after a cold start either. */
function serverLine(server: Server, parameters: string): string {
  const state = server.state === 'drain' ? ' disabled' : '';
  if (isIP(server.address) === 0) throw new UnwritableError(`"${server.address}" is not an address`);
  return `  server ${sectionName(server.name)} ${serverArguments(server, parameters)}${state}\n`;
}
