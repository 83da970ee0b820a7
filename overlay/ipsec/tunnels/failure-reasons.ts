/** What lines of charon's log mean. */
const REASONS: readonly (readonly [line: RegExp, reason: string])[] = [
  [/MAC mismatched/, 'the hosts have different shared secrets'],
  [/received AUTHENTICATION_FAILED notify/, 'the other host refuses the key or the secret of this host'],
  [
    /no trusted .*public key found|signature validation failed|constraint check failed|no public key found/,
    'the other host uses another key than the one that it has published',
  ],
  [/received NO_PROPOSAL_CHOSEN notify/, 'the other host does not know this host yet'],
  [/no proposal found/, 'the hosts have no algorithms in common'],
  [/received TS_UNACCEPTABLE notify|no acceptable traffic selectors/, 'the hosts disagree about their subnets'],
  [/giving up after \d+ retransmits/, 'the other host does not reply'],
];

/** Null: the line does not say why a tunnel fails. Pure. */
export function reasonOf(line: string): string | null {
  return REASONS.find(([pattern]) => pattern.test(line))?.[1] ?? null;
}
