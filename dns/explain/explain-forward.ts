import { formatUpstream, type Upstream } from '../../model/index.ts';
import { createChoice, type ForwardRule } from '../upstream/choice/choice.ts';
import type { LocalMeaning } from '../upstream/choice/local-names.ts';
import { wireName } from '../upstream/message/records.ts';
import type { ExplainedForward } from './explanation.ts';

/** What the server is told about upstreams. */
export interface ForwardSettings {
  /** Default resolvers in order, `address` or `address:port`. */
  readonly upstreams: readonly string[];
  readonly rules: readonly ForwardRule[];
  readonly ourselves: readonly Upstream[];
}

/** Whom the server asks for a name that is not ours, in order. What it has found out about them meanwhile is not known here. */
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
      ? `a rule says that nobody is asked for names below ${rule.suffix}`
      : LOCAL[choice.meaning.kind];
    return { name, upstreams: [], reason };
  }
  const reason = rule
    ? `a rule names the resolvers of names below ${rule.suffix}`
    : asker.dns.length > 0
      ? "the container's own resolvers, then those of the host"
      : "the host's resolvers";
  return { name, upstreams: choice.upstreams.map(formatUpstream), reason };
}

const LOCAL: Readonly<Record<LocalMeaning['kind'], string>> = {
  localhost: 'it is this very machine, and nobody is asked',
  nxdomain: 'such names are nobody’s anywhere, and nobody is asked [RFC 6761, RFC 6303]',
  nodata: 'it exists and has nothing here, and nobody is asked',
  site: 'only a resolver of this site can know private addresses, and none of the upstreams is one',
};

function ruleFor(name: string, rules: readonly ForwardRule[]): ForwardRule | null {
  const below = rules.filter(({ suffix }) => `.${name}.`.toLowerCase().endsWith(`.${bare(suffix)}.`));
  return below.sort((a, b) => bare(b.suffix).length - bare(a.suffix).length)[0] ?? null;
}

function bare(suffix: string): string {
  return suffix.toLowerCase().replace(/\.$/, '');
}
