import type { LabelEntry, LabelRule, StickinessPolicy } from '../../model/index.ts';
import { type Claim, type Claims, joinClaims } from './claim.ts';
import type { Source } from './source.ts';

/** The claims of a service by its labels. */
export function labelClaims({ key, target, published }: Source): Claims {
  const each = published.rules.map(
    (rule): Claims => ({
      claims: rule.entries.map((entry, at) => claimOf({ key, target }, rule, { entry, isFirst: at === 0 })),
      problems: [],
    }),
  );
  const problems = published.faults.map(({ label, what, hint }) => ({
    service: key,
    subject: `label ${label} of ${key}`,
    what,
    hint: hint ?? 'correct the label',
  }));
  return joinClaims([...each, { claims: [], problems }]);
}

function claimOf(
  { key, target }: Pick<Source, 'key' | 'target'>,
  rule: LabelRule,
  { entry, isFirst }: { readonly entry: LabelEntry; readonly isFirst: boolean },
): Claim {
  const { protocol, port } = entry;
  const name = `${key}${rule.name === null ? '' : `:${rule.name}`}${isFirst ? '' : `@${port}`}`;
  const { host, path, priority, options, weight, stickyCookie } = rule;
  return {
    port,
    protocol,
    host,
    path,
    priority,
    balancer: key,
    backendName: null,
    options,
    stickiness: stickyCookie === null ? null : { ...STICKY, cookie: stickyCookie },
    drainTimeoutMs: null,
    part: { rule: name, balancer: key, target, port: rule.port, weight, from: 'any' },
  };
}

const STICKY: Omit<StickinessPolicy, 'cookie'> = {
  name: null,
  domain: null,
  indirect: true,
  nocache: true,
  postonly: false,
  mode: 'insert',
};
