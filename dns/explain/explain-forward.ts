import { formatUpstream, type Upstream } from '../../model/index.ts';
import { createChoice, type ForwardRule } from '../upstream/choice/choice.ts';
import type { LocalMeaning } from '../upstream/choice/local-names.ts';
import { wireName } from '../upstream/message/records.ts';
import type { ExplainedForward } from './explanation.ts';

/** The server's settings for upstreams. */
export interface ForwardSettings {
  /** Default resolvers in order, `address` or `address:port`. */
  readonly upstreams: readonly string[];
  readonly rules: readonly ForwardRule[];
  readonly ourselves: readonly Upstream[];
}

/** The upstreams that the server asks for an external name, in order. The server's statistics about them are not considered. */
export function explainForward(
  name: string,
  asker: { readonly dns: readonly string[] },
  { upstreams, rules, ourselves }: ForwardSettings,
): ExplainedForward {
  const choose = createChoice({
    defaults: () => upstreams,
    rules,
    ourselves: () => ourselves,
    loops: { leadsBack: () => false, epoch: () => 0 },
  });
  const choice = choose(wireName(name), asker);
  const rule = ruleFor(name, rules);
  if (choice.kind === 'local') {
    const reason = rule
      ? `a dns.forward rule without resolvers matches names below ${rule.suffix}`
      : LOCAL[choice.meaning.kind];
    return { name, upstreams: [], reason };
  }
  const reason = rule
    ? `a dns.forward rule matches names below ${rule.suffix}`
    : asker.dns.length > 0
      ? "the container's own resolvers, then those of the host"
      : "the host's resolvers";
  return { name, upstreams: choice.upstreams.map(formatUpstream), reason };
}

const LOCAL: Readonly<Record<LocalMeaning['kind'], string>> = {
  localhost: 'loopback name; never forwarded',
  nxdomain: 'reserved name; never forwarded [RFC 6761, RFC 6303]',
  nodata: 'reserved name without records; never forwarded',
  site: 'reverse lookup of a private address; no upstream has a private address, so it is not forwarded',
};

function ruleFor(name: string, rules: readonly ForwardRule[]): ForwardRule | null {
  const below = rules.filter(({ suffix }) => `.${name}.`.toLowerCase().endsWith(`.${bare(suffix)}.`));
  return below.sort((a, b) => bare(b.suffix).length - bare(a.suffix).length)[0] ?? null;
}

function bare(suffix: string): string {
  return suffix.toLowerCase().replace(/\.$/, '');
}
