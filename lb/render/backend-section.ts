import type { Backend, Server } from '../table/table.ts';
import { word } from './quote.ts';
import type { RenderedBackend } from './rendered-config.ts';
import type { Section } from './section.ts';
import { serverArguments, serverParameters } from './server-arguments.ts';
import type { Templates } from './templates.ts';

export interface BackendSection {
  /** Without the servers. */
  readonly head: string;
  readonly section: Section;
  readonly rendered: RenderedBackend;
}

export function backendSection(templates: Templates, backend: Backend): BackendSection {
  const { name, balancer, protocol, options } = backend;
  const isHttp = protocol === 'http' || protocol === 'https';
  const parameters = serverParameters(backend, []);
  const head = templates.backend({
    name: word(name),
    defaults: 'drover',
    mode: isHttp ? 'http' : 'tcp',
    balance: options.balance ?? 'roundrobin',
    http: isHttp,
  });
  const servers = backend.servers.map((server) => serverLine(server, parameters));
  return {
    head,
    section: {
      text: head + servers.join(''),
      owner: { kind: 'backend', balancer, backend: name },
      lineOwners: new Map(),
    },
    rendered: { serverParameters: parameters, cookieKey: null },
  };
}

/** A server that drains must not get a request after a cold start either. */
function serverLine(server: Server, parameters: string): string {
  const state = server.state === 'drain' ? ' disabled' : '';
  return `  server ${word(server.name)} ${serverArguments(server, parameters)}${state}\n`;
}
