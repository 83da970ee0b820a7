import fc from 'fast-check';
import { expect, test } from 'vitest';
import { acceptRule, type FilterChains, planAcceptRules, readFilterChains } from '../../linux/accept-rules.ts';
import { CommandError, type RunCommand } from '../../system/index.ts';

const ours = [acceptRule('-d 192.0.2.1/32', 'drover'), acceptRule('-s 192.0.2.1/32', 'drover')];
const foreign = '-s 198.51.100.0/24 -j DROP';
const neighbour = acceptRule('-d 192.0.2.9/32', 'drover-network');

const none: FilterChains = { forwardPolicy: 'DROP', forward: [], dockerUser: null, rawPrerouting: null };
const want = (forward: readonly string[], raw: readonly string[] = []) => ({ comment: 'drover', forward, raw });

/** The chains after the steps. */
function applied(chains: FilterChains, wanted: readonly string[]): FilterChains {
  const text = planAcceptRules(chains, want(wanted))[0]?.input ?? '';
  const result = { FORWARD: [...chains.forward], 'DOCKER-USER': [...(chains.dockerUser ?? [])] };
  for (const line of text.split('\n')) {
    const [, verb, chain, rest = ''] = /^-([DI]) (FORWARD|DOCKER-USER) (.*)$/.exec(line) ?? [];
    const rules = result[chain as keyof typeof result];
    if (verb === 'D') rules.splice(rules.indexOf(rest), 1);
    if (verb === 'I') rules.splice(Number(rest.split(' ')[0]) - 1, 0, rest.slice(rest.indexOf(' ') + 1));
  }
  return { ...chains, forward: result.FORWARD, dockerUser: chains.dockerUser && result['DOCKER-USER'] };
}

test('plan() puts the rules after the operator’s rules and before the end of the chain', () => {
  const chains = { ...none, forward: ['-j DOCKER-USER'], dockerUser: [foreign, '-j RETURN'] };
  expect(applied(chains, ours).dockerUser).toEqual([foreign, ...ours, '-j RETURN']);
});

test('plan() accepts either order of the rules of two components', () => {
  for (const dockerUser of [
    [...ours, neighbour, '-j RETURN'],
    [neighbour, ...ours, '-j RETURN'],
  ]) {
    expect(planAcceptRules({ ...none, dockerUser }, want(ours))).toEqual([]);
    expect(
      planAcceptRules({ ...none, dockerUser }, { comment: 'drover-network', forward: [neighbour], raw: [] }),
    ).toEqual([]);
  }
});

test('plan() uses FORWARD without Docker’s chain, and moves the rules when Docker creates it', () => {
  const before = { ...none, forward: [foreign] };
  const made = applied(before, ours);
  expect(made.forward).toEqual([foreign, ...ours]);
  const later = applied({ ...made, dockerUser: ['-j RETURN'] }, ours);
  expect(later).toEqual({ ...before, dockerUser: [...ours, '-j RETURN'] });
});

test.each([
  ['a return', '-j RETURN'],
  ['a drop', '-j DROP'],
])('plan() moves rules of ours that come after %s, which ends the chain', (_title, end) => {
  for (const dockerUser of [
    [end, ...ours],
    [ours[0] ?? '', end, ours[1] ?? ''],
  ])
    expect(applied({ ...none, dockerUser }, ours).dockerUser).toEqual([...ours, end]);
});

test('plan() replaces rules of ours that are incomplete, in another order, or outdated', () => {
  const outdated = acceptRule('-d 192.0.2.7/32', 'drover');
  for (const dockerUser of [ours.slice(1), ours.toReversed(), [...ours, outdated], [outdated, ...ours.slice(1)]])
    expect(applied({ ...none, dockerUser }, ours).dockerUser).toEqual(ours);
});

test('plan() does not take the jump to DOCKER-USER for the end of a chain', () => {
  const forward = ['-j DOCKER-USER', ...ours, '-j DOCKER-FORWARD'];
  expect(planAcceptRules({ ...none, forward }, want(ours))).toEqual([]);
});

test('plan() adds no rules if nothing is dropped, or without iptables', () => {
  expect(planAcceptRules({ ...none, forwardPolicy: 'ACCEPT' }, want(ours))).toEqual([]);
  expect(planAcceptRules(null, want(ours))).toEqual([]);
});

test('plan() puts the raw rules before Docker 28’s rules that drop packets from other devices', () => {
  const docker = '-d 172.17.0.2/32 ! -i docker0 -j DROP';
  const plan = (rawPrerouting: readonly string[] | null) =>
    planAcceptRules({ ...none, forwardPolicy: 'ACCEPT', rawPrerouting }, want([], ours)).map(({ input }) => input);
  expect(plan(null)).toEqual([]);
  expect(plan([...ours, docker])).toEqual([]);
  expect(plan(ours)).toEqual([]);
  expect(plan([docker, ...ours])).toHaveLength(1);
  expect(plan([docker, ours[1] ?? ''])).toEqual([
    `*raw\n-D PREROUTING ${ours[1]}\n-I PREROUTING 1 ${ours[0]}\n-I PREROUTING 2 ${ours[1]}\nCOMMIT\n`,
  ]);
});

test('for any chain: one step, then an empty plan, and foreign rules keep their order', () => {
  const rule = fc.constantFrom(...ours, foreign, neighbour, '-i eth0 -j DROP', '-j RETURN');
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 8 }), fc.boolean(), (rules, removing) => {
      const wanted = removing ? [] : ours;
      const after = applied({ ...none, dockerUser: rules }, wanted);
      expect(planAcceptRules(after, want(wanted))).toEqual([]);
      const isForeign = (text: string) => !ours.includes(text);
      expect(after.dockerUser?.filter(isForeign)).toEqual(rules.filter(isForeign));
    }),
  );
});

const FILTER = `-P INPUT ACCEPT
-P FORWARD DROP
-N DOCKER-USER
-A FORWARD -j DOCKER-USER
-A DOCKER-USER -j RETURN
-A DOCKER-USER-2 -j DROP`;
const listing =
  (tables: Readonly<Record<string, string | Error>>, commands: string[] = []): RunCommand =>
  async (file, args) => {
    commands.push([file, ...args].join(' '));
    const output = tables[args[args.indexOf('-t') + 1] ?? ''] ?? '';
    if (output instanceof Error) throw output;
    return output;
  };

test('readFilterChains() reads the filter table alone before Docker 28', async () => {
  const commands: string[] = [];
  expect(await readFilterChains(listing({ filter: FILTER }, commands))).toEqual({
    forwardPolicy: 'DROP',
    forward: ['-j DOCKER-USER'],
    dockerUser: ['-j RETURN'],
    rawPrerouting: null,
  });
  expect(commands).toEqual(['iptables --wait 5 -t filter -S']);
  expect(await readFilterChains(listing({ filter: '-P FORWARD ACCEPT' }))).toEqual({
    forwardPolicy: 'ACCEPT',
    forward: [],
    dockerUser: null,
    rawPrerouting: null,
  });
});

test('readFilterChains() reads the raw table, too, with Docker 28', async () => {
  const filter = `${FILTER}\n-N DOCKER-FORWARD`;
  const raw = '-P PREROUTING ACCEPT\n-A PREROUTING -d 172.17.0.2/32 ! -i docker0 -j DROP';
  const read = async (table: string | Error) =>
    (await readFilterChains(listing({ filter, raw: table })))?.rawPrerouting;
  expect(await read(raw)).toEqual(['-d 172.17.0.2/32 ! -i docker0 -j DROP']);
  expect(await read('-P PREROUTING ACCEPT')).toEqual([]);
});

test('readFilterChains() returns null without iptables, and rejects for every other reason', async () => {
  const missing = new CommandError('iptables: spawn iptables ENOENT', null, '', undefined);
  expect(await readFilterChains(listing({ filter: missing }))).toBeNull();
  const other = new Error('spawn iptables ENOENT');
  await expect(readFilterChains(listing({ filter: other }))).rejects.toBe(other);
  const locked = new CommandError('iptables: xtables lock', 4, 'xtables lock', undefined);
  await expect(readFilterChains(listing({ filter: locked }))).rejects.toBe(locked);
});
