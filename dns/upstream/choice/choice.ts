import { formatUpstream, parseUpstream, type Upstream } from '../../../model/index.ts';
import { suffixesOf, wireName } from '../message/records.ts';
import { isLoopback, isSiteAddress } from './address-kinds.ts';
import { type LocalMeaning, localMeaning } from './local-names.ts';
import type { Loops } from './loops.ts';

/** The resolvers for names below a suffix. Empty: such names are answered with NXDOMAIN without asking an upstream. */
export interface ForwardRule {
  /** A domain, forward or reverse (`2.0.10.in-addr.arpa`). */
  readonly suffix: string;
  /** `address` or `address:port`. */
  readonly upstreams: readonly string[];
}

/** The domains of the rules: lower case, without trailing dot. */
export function ruledNames(rules: readonly ForwardRule[]): ReadonlySet<string> {
  return new Set(rules.map(({ suffix }) => suffix.toLowerCase().replace(/\.$/, '')));
}

export type Choice =
  /** Ask these upstreams. Replies are cached for each set of upstreams (`set`) separately. */
  | { readonly kind: 'ask'; readonly upstreams: readonly Upstream[]; readonly set: string }
  | { readonly kind: 'local'; readonly meaning: LocalMeaning };

export interface ChoiceDependencies {
  /** Resolvers for all other names, in order; a new array when they change. */
  readonly defaults: () => readonly string[];
  readonly rules: readonly ForwardRule[];
  /** Where this server listens. */
  readonly ourselves: () => readonly Upstream[];
  readonly loops: Pick<Loops, 'leadsBack' | 'epoch'>;
  /** Whether askers share our loopback, so that their own resolvers there are reachable; default false (containers). */
  readonly sharedLoopback?: boolean;
  /** Whether reserved names such as `test` are forwarded like all others; default false. */
  readonly forwardsReserved?: boolean;
}

/** Selects the upstreams for a name: the rule with the longest suffix, else the asker's own resolvers, then the default ones. */
export type Choose = (name: string, asker: { readonly dns: readonly string[] }) => Choice;

export function createChoice({
  defaults,
  rules,
  ourselves,
  loops,
  sharedLoopback = false,
  forwardsReserved = false,
}: ChoiceDependencies): Choose {
  const ruled = new Map(
    rules.map(({ suffix, upstreams }) => {
      const zone = wireName(suffix);
      return [zone, { zone, upstreams: parsed(upstreams) }];
    }),
  );
  const setOf = createSets(sharedLoopback);
  const ask = createUsable(ourselves, loops);
  const siteOf = memoized((upstreams) => upstreams.filter(({ address }) => isSiteAddress(address)));
  return (name, asker) => {
    const rule = ruled.size > 0 ? ruleFor(ruled, name) : undefined;
    if (rule) return rule.upstreams.length > 0 ? ask(rule.upstreams) : noSuchName(rule.zone);
    const upstreams = setOf(asker.dns, defaults());
    const meaning = forwardsReserved ? null : localMeaning(name);
    if (meaning === null) return ask(upstreams);
    if (meaning.kind !== 'site') return { kind: 'local', meaning };
    const ofSite = ask(siteOf(upstreams));
    if (ofSite.upstreams.length > 0) return ofSite;
    return noSuchName(meaning.zone);
  };
}

const noSuchName = (zone: string): Choice => ({ kind: 'local', meaning: { kind: 'nxdomain', zone } });

type Ask = Extract<Choice, { kind: 'ask' }>;

/** Leaves out this server itself and upstreams that forward back to it. */
function createUsable(
  ourselves: ChoiceDependencies['ourselves'],
  loops: ChoiceDependencies['loops'],
): (upstreams: readonly Upstream[]) => Ask {
  const choose = (upstreams: readonly Upstream[]): Ask => {
    const own = new Set(ourselves().map(formatUpstream));
    const usable = upstreams.filter((upstream) => !own.has(formatUpstream(upstream)) && !loops.leadsBack(upstream));
    return { kind: 'ask', upstreams: usable, set: usable.map(formatUpstream).join(' ') };
  };
  let epoch = -1;
  let remembered = memoized(choose);
  return (upstreams) => {
    if (epoch !== loops.epoch()) remembered = memoized(choose);
    epoch = loops.epoch();
    return remembered(upstreams);
  };
}

/** Computes a result once for each list (by identity). */
function memoized<T extends object>(
  make: (upstreams: readonly Upstream[]) => T,
): (upstreams: readonly Upstream[]) => T {
  const made = new WeakMap<readonly Upstream[], T>();
  return (upstreams) => {
    const known = made.get(upstreams) ?? make(upstreams);
    made.set(upstreams, known);
    return known;
  };
}

interface Rule {
  readonly zone: string;
  readonly upstreams: readonly Upstream[];
}

function ruleFor(rules: ReadonlyMap<string, Rule>, name: string): Rule | undefined {
  for (const suffix of suffixesOf(name)) {
    const rule = rules.get(suffix);
    if (rule) return rule;
  }
  return undefined;
}

/** More upstreams would multiply the queries. */
const MAX_UPSTREAMS = 8;
const MAX_SETS = 1_000;

/** Own resolvers, then default ones, each once. A container's resolvers on loopback are left out: they are not reachable. */
function createSets(
  sharedLoopback: boolean,
): (own: readonly string[], defaults: readonly string[]) => readonly Upstream[] {
  let of: readonly string[] | null = null;
  let sets = new Map<string, readonly Upstream[]>();
  return (own, defaults) => {
    if (of !== defaults || sets.size >= MAX_SETS) sets = new Map();
    of = defaults;
    const key = own.join(' ');
    const known = sets.get(key);
    if (known) return known;
    const reachable = parsed(own).filter(({ address }) => sharedLoopback || !isLoopback(address));
    const all = [...reachable, ...parsed(defaults)];
    const set = [...new Map(all.map((upstream) => [formatUpstream(upstream), upstream])).values()].slice(
      0,
      MAX_UPSTREAMS,
    );
    sets.set(key, set);
    return set;
  };
}

function parsed(texts: readonly string[]): readonly Upstream[] {
  return texts.flatMap((text) => parseUpstream(text) ?? []);
}
