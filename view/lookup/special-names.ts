import { containerPorts, isPort, type PortName, servicePorts } from '../endpoints/ports.ts';
import type { Lookup, NameMeaning } from './meaning.ts';

/** A name with a special prefix before an ordinary name. */
export interface SpecialName {
  /** The ordinary name. */
  readonly rest: string;
  /** `all`: every endpoint. `protocol`: no records of its own, ports are below it. */
  readonly asks:
    | { readonly kind: 'all' }
    | { readonly kind: 'port'; readonly port: PortName }
    | { readonly kind: 'protocol'; readonly protocol: string };
}

const PROTOCOLS: ReadonlySet<string> = new Set(['tcp', 'udp', 'sctp']);

/** `all.web.shop`, `_http._tcp.web.shop`, `_tcp.web.shop`; null for every other name (lower case, no trailing dot). */
export function parseSpecialName(name: string): SpecialName | null {
  if (name.startsWith('all.')) return { rest: name.slice(4), asks: { kind: 'all' } };
  if (!name.startsWith('_')) return null;
  const [first = '', second = '', ...more] = name.split('.');
  const protocol = protocolOf(first);
  if (protocol && second !== '') return { rest: [second, ...more].join('.'), asks: { kind: 'protocol', protocol } };
  const below = protocolOf(second);
  if (!below || more.length === 0) return null;
  return { rest: more.join('.'), asks: { kind: 'port', port: { name: first.slice(1), protocol: below } } };
}

function protocolOf(label: string): string | null {
  return label.startsWith('_') && PROTOCOLS.has(label.slice(1)) ? label.slice(1) : null;
}

/** The meaning of the special name; null: the ordinary name has no such endpoints or ports. */
export function specialMeaning(
  { view, recorder }: Lookup,
  { asks }: Pick<SpecialName, 'asks'>,
  meaning: NameMeaning,
): NameMeaning | null {
  if (asks.kind === 'all') return meaning.kind === 'service' ? { ...meaning, full: true } : allOfName(meaning);
  const ports =
    meaning.kind === 'service'
      ? meaning.services.flatMap((service) => servicePorts(view, service, recorder))
      : meaning.kind === 'container'
        ? meaning.containers.flatMap((container) => containerPorts(container, null))
        : [];
  if (asks.kind === 'protocol')
    return ports.some(({ protocol }) => protocol === asks.protocol) ? { kind: 'empty' } : null;
  if (!ports.some((port) => isPort(port, asks.port))) return null;
  return meaning.kind === 'service' || meaning.kind === 'container' ? { ...meaning, port: asks.port } : null;
}

/** An external service with a host name has one list of addresses, that of its own name. */
function allOfName(meaning: NameMeaning): NameMeaning | null {
  return meaning.kind === 'cname' ? meaning : null;
}
