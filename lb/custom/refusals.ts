import type { CustomLine } from '../table/own-sections.ts';
import { wordsOf } from './words.ts';

export interface Refusal {
  readonly what: string;
  readonly hint: string;
}

/** Where a line is: a section that Drover writes, or one of the text's own. */
export interface LinePlace {
  readonly section: string;
  /** Null: a section of the text's own. */
  readonly generated: 'frontend' | 'backend' | null;
  /** Ports of the table's listeners, and of the own text of other balancers. */
  readonly ports: ReadonlySet<number>;
}

const GLOBAL =
  /^(maxconn|maxconnrate|maxpipes|maxsessrate|maxsslconn|maxsslrate|maxcomprate|maxcompcpuusage|maxzlibmem|nbthread|spread-checks|tune\.(?!lua\.).+)$/;
const FILES = 'it reads or names files of the host';

/** Why a line is not taken over; null: it is. */
export function refusalOf({ text }: CustomLine, place: LinePlace): Refusal | null {
  const words = wordsOf(text);
  if (words === null) {
    return {
      what: 'its quotes or escapes are not accepted',
      hint: 'use single quotes, and no variables of the environment',
    };
  }
  const [first = '', ...rest] = words;
  if (place.section === 'global') return GLOBAL.test(first) ? null : GLOBAL_REFUSAL;
  if (place.section === 'userlist') return null;
  return (
    commandRefusal(first, rest) ??
    fileRefusal(words) ??
    addressRefusal(first, rest, place.ports) ??
    (place.generated === 'backend' ? backendRefusal(first, rest) : null)
  );
}

const GLOBAL_REFUSAL: Refusal = {
  what: 'it would change the load balancers of others, or the process',
  hint: 'in global, use only maxconn, the other limits and tune.*',
};

function commandRefusal(first: string, [second = '']: readonly string[]): Refusal | null {
  if (first.startsWith('.')) return { what: 'conditional blocks are not accepted', hint: 'write the lines themselves' };
  if (
    /^(external-check|chroot|user|group|uid|gid|daemon|load-server-state-from-file|server-state-file-name|setenv|presetenv|resetenv|unsetenv)$/.test(
      first,
    )
  ) {
    return { what: 'it changes the process or runs programs', hint: 'remove the line' };
  }
  if (first.startsWith('lua') || second.startsWith('lua.'))
    return { what: 'Lua is not accepted', hint: 'remove the line' };
  if (first === 'option' && second === 'external-check') return { what: 'it runs programs', hint: 'remove the line' };
  if (first === 'log' && second !== 'global') {
    return { what: 'logs go to the log of Drover only', hint: 'use the access_log option, or log global' };
  }
  if (first === 'stats' && (second === 'admin' || second === 'socket')) {
    return { what: 'it would let clients change the load balancers of others', hint: 'remove the line' };
  }
  if (first === 'filter' && second !== 'compression' && second !== 'trace') {
    return { what: 'filters with a program or file of their own are not accepted', hint: 'remove the line' };
  }
  return null;
}

const FILE_WORDS =
  /^(crt|crt-list|ca-file|ca-verify-file|ca-sign-file|crl-file|errorfile|errorfiles|file|lf-file|tls-ticket-keys|-f|-M|config)$/;

function fileRefusal(words: readonly string[]): Refusal | null {
  if (words.some((word, at) => FILE_WORDS.test(word) && words[at + 1] !== '@system-ca')) {
    return { what: FILES, hint: 'use the options of the load balancer (certificates, error page)' };
  }
  if (words.some((word) => /\bmap(_[a-z_]+)?\(/.test(word))) {
    return { what: FILES, hint: 'write rules instead of maps' };
  }
  if (words.some((word) => /\benv\(/.test(word))) {
    return { what: 'it reads the environment of the process', hint: 'write the value itself' };
  }
  return null;
}

function addressRefusal(first: string, rest: readonly string[], ports: ReadonlySet<number>): Refusal | null {
  const addresses =
    first === 'bind' ? rest[0] : /^(server|server-template|peer|mailer)$/.test(first) ? rest.slice(1).join(' ') : '';
  if (/(^|[\s,])(\/|unix@|abns@|fd@|sockpair@)/.test(addresses ?? '')) {
    return { what: 'sockets of the host are not accepted', hint: 'use an address and a port' };
  }
  if (first === 'bind' && rest.includes('namespace')) {
    return { what: 'network namespaces are not accepted', hint: 'remove namespace' };
  }
  const bound = first === 'bind' ? boundAddresses(addresses ?? '') : [];
  return bound.some(({ port }) => ports.has(port))
    ? { what: 'the port belongs to rules, or to another load balancer', hint: 'use another port' }
    : null;
}

/** An address on which own text listens. */
export interface BoundAddress {
  /** As written; empty: all addresses. */
  readonly host: string;
  readonly port: number;
}

/** Of a `bind` line; none for other lines. */
export function addressesOfBind(text: string): readonly BoundAddress[] {
  const [first, addresses = ''] = wordsOf(text) ?? [];
  return first === 'bind' ? boundAddresses(addresses) : [];
}

/** Of `*:80`, `:80-90,[::1]:443`. */
function boundAddresses(addresses: string): readonly BoundAddress[] {
  return addresses.split(',').flatMap((address) => {
    const [, written = '', from, to = from] = /^(?:ipv[46]@)?(.*?):?(\d+)(?:-(\d+))?$/.exec(address) ?? [];
    if (from === undefined) return [];
    const host = written === '*' ? '' : written.replace(/^\[(.*)\]$/, '$1');
    const count = Math.min(Math.max(Number(to) - Number(from), 0), MAX_PORT) + 1;
    return Array.from({ length: count }, (_, at) => ({ host, port: Number(from) + at }));
  });
}

const MAX_PORT = 65_535;

function backendRefusal(first: string, [second = '']: readonly string[]): Refusal | null {
  if (first === 'server' || first === 'server-template' || first === 'default-server' || first === 'dispatch') {
    return {
      what: 'the servers of a rule are the containers of its service',
      hint: 'use server $IP for parameters, and another rule for other servers',
    };
  }
  if (first === 'cookie' || first === 'dynamic-cookie-key') {
    return {
      what: 'cookies of servers that are added at run time need more than this line',
      hint: 'use stickiness_policy',
    };
  }
  if (
    (first === 'balance' && /^(static-rr|first)$/.test(second)) ||
    (first === 'hash-type' && second !== 'consistent')
  ) {
    return { what: 'servers cannot be added at run time with it', hint: 'use another algorithm' };
  }
  return null;
}
