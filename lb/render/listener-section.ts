import { join } from 'node:path';
import { ALL_CERTIFICATES, type BoundCertificates, bindCertificates } from '../certificates/index.ts';
import type { CustomText } from '../custom/index.ts';
import type { RuleProblem } from '../table/rule-problem.ts';
import type { Listener, Rule } from '../table/table.ts';
import { accessLogFormat } from './access-log.ts';
import { attempt } from './attempt.ts';
import { shortHash } from './hash.ts';
import { mayForward } from './may-forward.ts';
import { newestSection } from './names.ts';
import { word } from './quote.ts';
import type { LineOwner, RenderSettings } from './rendered-config.ts';
import { requestRules } from './request-rules.ts';
import { checkRule, type ListenerRoutes, PATH, RAW_PATH, routesOf, SECTION } from './routes.ts';
import { customOwners, type Section } from './section.ts';
import type { Templates } from './templates.ts';

export interface ListenerSection extends Pick<ListenerRoutes, 'simple' | 'fixed'> {
  readonly section: Section;
  /** The files that it names. */
  readonly files: ReadonlyMap<string, string>;
  readonly structure: string;
  readonly problems: readonly RuleProblem[];
}

export interface ListenerContext {
  /** Of its balancer, if it has only one. */
  readonly custom: CustomText | undefined;
  /** Of all its balancers. */
  readonly customs: readonly CustomText[];
  /** Name of the defaults section. */
  readonly defaults: string;
  /** Backends that could not be written. */
  readonly missing: ReadonlySet<string>;
}

type Settings = Omit<RenderSettings, 'oldConnectionsMs'>;

export function listenerSection(
  templates: Templates,
  listener: Listener,
  { custom, customs, defaults, missing }: ListenerContext,
  settings: Settings,
): ListenerSection {
  const { port, balancers, protocol } = listener;
  const { rules, problems: ruleProblems } = writableRules(listener.rules, missing);
  const http = isHttp(listener);
  const { routes, simple, files, fixed } = routesOf(rules, http ? port : null);
  const bound =
    listener.certificates && bindCertificates(listener, settings.certificates, settings.certificateDirectory);
  const page = errorPageOf(listener);
  const words = `${listener.acceptProxy ? ' accept-proxy' : ''}${bound ? tlsWords(listener, settings, bound) : ''}`;
  const lines = custom?.frontends.get(String(port)) ?? [];
  const isReachable = http && settings.reachable;
  const text = templates.frontend({
    name: port,
    defaults,
    binds: bindAddresses(port, settings.ipv6).map((address) => address + words),
    // The worker before can have own text with which it forwards.
    socket: isReachable && word(join(settings.directory, `${port}.sock`)),
    newest: isReachable && mayForward(lines, customs) && newestSection(port),
    mode: http ? 'http' : 'tcp',
    http,
    requestRules: requestRules(protocol),
    sni: protocol === 'sni',
    accessLog: listener.accessLog && accessLogFormat(http ? 'http' : protocol === 'sni' ? 'sni' : 'tcp'),
    errorPage: [...page.files.keys()][0],
    custom: lines,
    section: simple && !simple.isLast && `http-request set-var(${SECTION}) ${simple.sample}`,
    path: simple?.sample.includes(PATH) || routes.some(({ line }) => line.includes(PATH)),
    rawPath: routes.some(({ line }) => line.includes(RAW_PATH)),
    routes: routes.map(({ line }) => line),
  });
  const ofRules = routes.flatMap(({ line, rule }): (readonly [string, LineOwner])[] =>
    rule === null ? [] : [[line, { kind: 'rule', balancer: rule.balancer, rule: rule.name }]],
  );
  const lineOwners = new Map([...ofRules, ...customOwners(lines, custom?.balancer ?? '')]);
  return {
    section: { text, owner: { kind: 'listener', port, balancers }, lineOwners },
    files: new Map([...files, ...page.files]),
    structure: shortHash(text),
    simple,
    fixed,
    problems: [...ruleProblems, ...(bound?.problems ?? []), ...page.problems],
  };
}

function writableRules(rules: readonly Rule[], missing: ReadonlySet<string>) {
  const attempts = rules
    .filter((rule) => !missing.has(rule.backend))
    .map((rule) => attempt({ service: rule.balancer, subject: rule.name }, () => checkRule(rule)));
  return {
    rules: attempts.flatMap(({ written }) => written ?? []),
    problems: attempts.flatMap(({ problem }) => problem ?? []),
  };
}

function isHttp({ protocol }: Listener): boolean {
  return protocol === 'http' || protocol === 'https';
}

/** Two sockets and not one for both: that one would give the addresses of IPv4 clients as `::ffff:192.0.2.1`. */
function bindAddresses(port: number, ipv6: boolean): readonly string[] {
  return ipv6 ? [`0.0.0.0:${port}`, `[::]:${port} v6only`] : [`0.0.0.0:${port}`];
}

/** The words of `bind`. */
function tlsWords(listener: Listener, { directory }: Settings, { files, all, strictSni }: BoundCertificates): string {
  return [
    ' ssl',
    ...files.map((file) => `crt ${word(file)}`),
    ...(all ? [`crt-list ${word(join(directory, 'certs', ALL_CERTIFICATES))}`] : []),
    ...(strictSni ? ['strict-sni'] : []),
    ...(listener.protocol === 'https' ? ['alpn h2,http/1.1'] : []),
  ].join(' ');
}

/** HAProxy keeps the page in one of its buffers. */
const MAX_PAGE_BYTES = 14_000;

function errorPageOf(listener: Listener): Pick<ListenerSection, 'files' | 'problems'> {
  const { errorPage } = listener;
  if (errorPage === null || !isHttp(listener)) return { files: new Map(), problems: [] };
  if (Buffer.byteLength(errorPage) <= MAX_PAGE_BYTES) {
    return { files: new Map([[`errors/${shortHash(errorPage)}.html`, errorPage]]), problems: [] };
  }
  const what = `the error page is left out, because it is larger than ${MAX_PAGE_BYTES} bytes`;
  const hint = 'make it smaller, for example without images';
  const subject = `port ${listener.port}`;
  return { files: new Map(), problems: [{ service: listener.balancers[0] ?? '', subject, what, hint }] };
}
