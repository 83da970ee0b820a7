import { formatHostPattern, type ListenerProtocol, type PathPattern } from '../../model/index.ts';
import { matches, type TestRegex, testRegex } from './matches.ts';
import type { Backend, LbTable, Listener, Rule } from './table.ts';

/** A request or a connection. */
export interface RequestQuestion {
  readonly port: number;
  /** As in the header Host or in SNI, any case; a port and a dot at its end do not count; null: none. */
  readonly host: string | null;
  /** A query after it does not count. */
  readonly path: string;
  /** What the client speaks; null: what the port expects. */
  readonly protocol: ListenerProtocol | null;
}

export interface Explanation {
  /** Null: HAProxy does not listen on the port. */
  readonly listener: Listener | null;
  /** The rules before the one that matches, in order, and why they do not match. */
  readonly before: readonly { readonly rule: Rule; readonly why: string }[];
  /** The rule that matches. Null: none does, and the client gets 503 (http, https) or no connection. */
  readonly rule: Rule | null;
  /** Its backend, with the servers and the endpoints that are left out. */
  readonly backend: Backend | null;
  /** Why no rule was looked at, for operators. */
  readonly fault: string | null;
}

/** Which rule gets a request, by the order of the table. `test` is for regular expressions. */
export function explainRequest(table: LbTable, question: RequestQuestion, test: TestRegex = testRegex): Explanation {
  const listener = table.listeners.find(({ port }) => port === question.port) ?? null;
  const fault = listenerFault(listener, question);
  const before: { rule: Rule; why: string }[] = [];
  for (const rule of fault === null ? (listener?.rules ?? []) : []) {
    const why = mismatch(rule, { host: hostOf(question.host), path: pathOf(question.path) }, test);
    if (why === null) {
      const backend = table.backends.find(({ name }) => name === rule.backend) ?? null;
      return { listener, before, rule, backend, fault };
    }
    before.push({ rule, why });
  }
  return { listener, before, rule: null, backend: null, fault };
}

/** What clients of each protocol can talk to. */
const SPOKEN: Readonly<Record<ListenerProtocol, readonly ListenerProtocol[]>> = {
  http: ['http', 'tcp'],
  https: ['https', 'tls', 'sni', 'tcp'],
  tls: ['tls', 'sni', 'tcp', 'https'],
  sni: ['sni', 'tls', 'tcp', 'https'],
  tcp: ['tcp'],
};

function listenerFault(listener: Listener | null, { port, protocol }: RequestQuestion): string | null {
  if (!listener) return `no rule of a load balancer is for port ${port}`;
  if (protocol === null || SPOKEN[protocol].includes(listener.protocol)) return null;
  return `port ${port} is for ${listener.protocol}, not for ${protocol}`;
}

function hostOf(host: string | null): string | null {
  return host === null
    ? null
    : host
        .toLowerCase()
        .replace(/^([^:]*|\[.*\]):\d*$/, '$1')
        .replace(/\.+$/, '');
}

function pathOf(path: string): string {
  return path.replace(/[?#].*$/s, '') || '/';
}

interface Asked {
  readonly host: string | null;
  readonly path: string;
}

function mismatch(rule: Rule, { host, path }: Asked, test: TestRegex): string | null {
  if (rule.host !== null && host === null)
    return `the request names no host, and the rule is for ${formatHostPattern(rule.host)}`;
  if (rule.host !== null && !matches(rule.host, host ?? '')) return `the host is not ${formatHostPattern(rule.host)}`;
  const isMatch = rule.path === null || matches(rule.path, path, test);
  if (isMatch || rule.path === null) return null;
  if (isMatch === null) return TOO_LONG;
  return `the path ${MISMATCH[rule.path.kind]} ${rule.path.text}`;
}

const TOO_LONG = 'the path takes too long to compare here; HAProxy gives up early and treats it as no match';

const MISMATCH: Readonly<Record<PathPattern['kind'], string>> = {
  exact: 'is not',
  prefix: 'does not begin with',
  segment: 'is not in',
  regex: 'does not match',
};
