import type { CustomText } from '../custom/index.ts';
import type { RuleProblem } from '../table/rule-problem.ts';
import type { Listener, Rule } from '../table/table.ts';
import { accessLogFormat } from './access-log.ts';
import { attempt } from './attempt.ts';
import { certificateList } from './certificate-list.ts';
import { shortHash } from './hash.ts';
import type { LineOwner, RenderSettings } from './rendered-config.ts';
import { checkRule, routesOf } from './routes.ts';
import { customOwners, type Section } from './section.ts';
import type { Templates } from './templates.ts';

export interface ListenerSection {
  /** Null: the listener is left out. */
  readonly section: Section | null;
  /** The files that it names. */
  readonly files: ReadonlyMap<string, string>;
  readonly structure: string;
  readonly problems: readonly RuleProblem[];
}

export interface ListenerContext {
  /** Of its balancer, if it has only one. */
  readonly custom: CustomText | undefined;
  /** Name of the defaults section. */
  readonly defaults: string;
  /** Backends that could not be written. */
  readonly missing: ReadonlySet<string>;
}

type Settings = Pick<RenderSettings, 'certificates' | 'ipv6'>;

export function listenerSection(
  templates: Templates,
  listener: Listener,
  { custom, defaults, missing }: ListenerContext,
  settings: Settings,
): ListenerSection {
  const { port, balancers, protocol } = listener;
  const { rules, problems: ruleProblems } = writableRules(listener.rules, missing);
  const { routes, files } = routesOf(rules);
  const tls = tlsOf(listener, settings);
  const page = errorPageOf(listener);
  const problems = [...ruleProblems, ...tls.problems, ...page.problems];
  if (tls.words === null) return { section: null, files: new Map(), structure: '', problems };
  const words = `${listener.acceptProxy ? ' accept-proxy' : ''}${tls.words}`;
  const http = isHttp(listener);
  const lines = custom?.frontends.get(String(port)) ?? [];
  const text = templates.frontend({
    name: port,
    defaults,
    binds: bindAddresses(port, settings.ipv6).map((address) => address + words),
    mode: http ? 'http' : 'tcp',
    http,
    sni: protocol === 'sni',
    accessLog: listener.accessLog && accessLogFormat(http ? 'http' : protocol === 'sni' ? 'sni' : 'tcp'),
    errorPage: [...page.files.keys()][0],
    custom: lines,
    routes: routes.map(({ line }) => line),
  });
  const ofRules = routes.flatMap(({ line, rule }): (readonly [string, LineOwner])[] =>
    rule === null ? [] : [[line, { kind: 'rule', balancer: rule.balancer, rule: rule.name }]],
  );
  const lineOwners = new Map([...ofRules, ...customOwners(lines, custom?.balancer ?? '')]);
  return {
    section: { text, owner: { kind: 'listener', port, balancers }, lineOwners },
    files: new Map([...files, ...tls.files, ...page.files]),
    structure: shortHash(text),
    problems,
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

interface Part {
  readonly files: ReadonlyMap<string, string>;
  readonly problems: readonly RuleProblem[];
}

/** The words of `bind`; null: without a certificate there is nothing to listen for. */
function tlsOf(listener: Listener, { certificates }: Settings): Part & { readonly words: string | null } {
  if (listener.certificates === null) return { words: '', files: new Map(), problems: [] };
  const { text, hasDefault, missing } = certificateList(listener.certificates, certificates);
  const problems = missing.map((name) => ({
    ...partOf(listener),
    what: `there is no certificate "${name}"`,
    hint: 'add it to the directory of certificates, or remove the name',
  }));
  if (text === '') {
    const what = 'the port is not opened, because there is no certificate for it';
    return {
      words: null,
      files: new Map(),
      problems: [...problems, { ...partOf(listener), what, hint: 'add a certificate' }],
    };
  }
  const path = `lists/${shortHash(text)}.list`;
  const strict = hasDefault ? '' : ' strict-sni';
  const alpn = listener.protocol === 'https' ? ' alpn h2,http/1.1' : '';
  return { words: ` ssl crt-list ${path}${strict}${alpn}`, files: new Map([[path, text]]), problems };
}

/** HAProxy keeps the page in one of its buffers. */
const MAX_PAGE_BYTES = 14_000;

function errorPageOf(listener: Listener): Part {
  const { errorPage } = listener;
  if (errorPage === null || !isHttp(listener)) return { files: new Map(), problems: [] };
  if (Buffer.byteLength(errorPage) <= MAX_PAGE_BYTES) {
    return { files: new Map([[`errors/${shortHash(errorPage)}.html`, errorPage]]), problems: [] };
  }
  const what = `the error page is left out, because it is larger than ${MAX_PAGE_BYTES} bytes`;
  return {
    files: new Map(),
    problems: [{ ...partOf(listener), what, hint: 'make it smaller, for example without images' }],
  };
}

function partOf({ port, balancers }: Listener): { readonly service: string; readonly subject: string } {
  return { service: balancers[0] ?? '', subject: `port ${port}` };
}
