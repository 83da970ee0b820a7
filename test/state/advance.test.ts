import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HostState, JsonValue, Snapshot } from '../../model/index.ts';
import { advance, diffPictures, emptyPicture, emptyState, type SnapshotDelta, type State } from '../../state/index.ts';
import { container, declaration, delta, environment, host, hostFacts, network, wired } from './facts.ts';

const empty = emptyState(environment, 'self');
const walk = (...deltas: readonly SnapshotDelta[]): State =>
  deltas.reduce((state, next) => advance(state, next).state, empty);

describe('advance()', () => {
  test('makes hosts, containers, networks and declarations of raw facts', () => {
    const web = declaration('Shop', 'Web', { externalIps: ['192.0.2.9'], metadata: '{"any":[{"tree":1}]}' });
    const { snapshot } = walk(
      delta(
        { a: { host: host('a'), 'container/1': container('a', '1'), 'network/n1': network('a', 'n1') } },
        { 'service/shop/web': web, 'subnet/10.42.1.0_24': { hostId: 'a' } },
      ),
    );
    expect(snapshot.revision).toBe(1);
    expect(snapshot.complete).toBe(false);
    expect(snapshot.hosts.get('a')).toEqual({
      host: host('a'),
      containers: new Map([['1', container('a', '1')]]),
      networks: new Map([['n1', network('a', 'n1')]]),
      facts: new Map(),
    });
    expect([...snapshot.declarations]).toEqual([['shop/web', web]]);
  });

  test('drops unknown fields; keeps facts of unknown kinds out of the snapshot, but in the picture', () => {
    const unknown = { 'vote/x': { any: ['thing'] }, 'container/1/2': 1, container: 1 };
    const first = walk(delta({ a: { host: { ...host('a'), flavour: 'new' }, ...unknown, 'not printable': 1 } }));
    expect(first.snapshot.hosts.get('a')).toEqual({
      host: host('a'),
      containers: new Map(),
      networks: new Map(),
      facts: new Map(),
    });
    const facts = (state: State) => [...(state.picture.hosts.get('a')?.keys() ?? [])].sort();
    expect(facts(first)).toEqual(['container', 'container/1/2', 'host', 'vote/x']);
    expect(first.rejected.size).toBe(0);
    const { state, problems } = advance(first, delta({ a: { 'vote/x': null, container: { now: 2 } } }));
    expect(facts(state)).toEqual(['container', 'container/1/2', 'host']);
    expect(state.snapshot.hosts).toBe(first.snapshot.hosts);
    expect(problems).toEqual([]);
  });

  test('refuses a fact of an unknown kind that is nested too deeply to be walked', () => {
    const deep = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`) as JsonValue;
    const { state, problems } = advance(empty, {
      hosts: new Map([['a', new Map([['vote/x', deep]])]]),
      documents: new Map(),
    });
    expect(problems).toEqual([expect.objectContaining({ subject: 'host a: fact vote/x' })]);
    expect(state.picture.hosts.get('a')?.size).toBe(0);
  });

  test('removes facts that are null, and a host with all its facts', () => {
    const first = walk(delta({ a: hostFacts('a', 2), b: hostFacts('b', 1) }, { 'service/s/w': declaration('s', 'w') }));
    const removal = delta({ a: { 'container/ac0': null, 'network/n1': null }, b: null }, { 'service/s/w': null });
    const { snapshot, picture } = advance(first, removal).state;
    expect([...snapshot.hosts.keys()]).toEqual(['a']);
    expect([...(snapshot.hosts.get('a') as HostState).containers.keys()]).toEqual(['ac1']);
    expect(snapshot.hosts.get('a')?.networks.size).toBe(0);
    expect(snapshot.declarations.size).toBe(0);
    expect(picture.documents.size).toBe(0);
    expect(advance(first, delta({ a: { host: null } })).state.snapshot.hosts.get('a')?.host).toBeNull();
  });

  test('equal facts are no change: the same state, whatever the order of their keys', () => {
    const first = walk(delta({ a: hostFacts('a', 3) }, { 'service/s/w': declaration('s', 'w') }));
    const turned = Object.fromEntries(Object.entries(container('a', 'ac0')).reverse());
    const again = delta(
      { a: { ...hostFacts('a', 3), 'container/ac0': turned } },
      { 'service/s/w': declaration('s', 'w') },
    );
    expect(advance(first, again).state).toBe(first);
    expect(advance(first, delta({ zzz: null, a: { 'container/none': null } })).state).toBe(first);
  });

  test('unchanged parts keep their identity', () => {
    const first = walk(delta({ a: hostFacts('a', 3), b: hostFacts('b', 3) }, { 'service/s/w': declaration('s', 'w') }));
    const second = advance(first, delta({ a: { 'container/ac1': container('a', 'ac1', { state: 'stopped' }) } })).state;
    const [before, now] = [first.snapshot, second.snapshot];
    expect(now.revision).toBe(before.revision + 1);
    expect(now.hosts.get('b')).toBe(before.hosts.get('b'));
    expect(now.declarations).toBe(before.declarations);
    const [hostBefore, hostNow] = [before.hosts.get('a') as HostState, now.hosts.get('a') as HostState];
    expect(hostNow).not.toBe(hostBefore);
    expect(hostNow.networks).toBe(hostBefore.networks);
    expect(hostNow.host).toBe(hostBefore.host);
    expect(hostNow.containers.get('ac0')).toBe(hostBefore.containers.get('ac0'));
    expect(hostNow.containers.get('ac1')?.state).toBe('stopped');
    expect(hostBefore.containers.get('ac1')?.state).toBe('running');
  });

  test('the first complete change completes the state once', () => {
    const first = walk({ ...delta({}), complete: true });
    expect(first.snapshot).toMatchObject({ complete: true, revision: 1 });
    expect(advance(first, { ...delta({}), complete: true }).state).toBe(first);
    expect(advance(first, delta({ a: {} })).state.snapshot.complete).toBe(true);
  });

  test('the revision follows a given one, but never goes back', () => {
    const first = advance(empty, delta({ a: {} }), 40).state;
    expect(first.snapshot.revision).toBe(40);
    expect(advance(first, delta({ b: {} }), 7).state.snapshot.revision).toBe(41);
  });
});

describe('advance() with malformed input', () => {
  const bad: readonly [string, unknown, string][] = [
    ['text', 'nonsense', 'value'],
    ['a list', [], 'value'],
    ['a state that does not exist', { ...container('a', 'c'), state: 'flying' }, 'state'],
    ['an empty address', container('a', 'c', { addresses: [{ networkId: 'n', networkName: 'n', ipv4: '', ipv6: null, mac: null }] }), 'addresses.0.ipv4'],
    ['a port out of range', container('a', 'c', { ports: [{ hostAddress: '::', hostPort: 70_000, containerPort: 1, protocol: 'udp' }] }), 'ports.0.hostPort'],
    ['another host in it', container('b', 'c'), 'b/c'],
    ['another id in it', container('a', 'd'), 'a/d'],
    ['labels that are not text', { ...container('a', 'c'), labels: { a: 1 } }, 'labels.a'],
    ['a value nested too deeply', { ...container('a', 'c'), extra: JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`) }, '64 levels'],
  ]; // biome-ignore format: a table

  test.each(bad)('%s is one problem and affects nothing else', (_what, value, where) => {
    const first = walk(delta({ a: { ...hostFacts('a', 2), 'container/c': container('a', 'c') } }));
    const change: SnapshotDelta = {
      hosts: new Map([['a', new Map<string, JsonValue>([['container/c', value as JsonValue], ['container/ac0', wired(container('a', 'ac0', { name: 'new' }))]])]]),
      documents: new Map(),
    }; // biome-ignore format: one line
    const { state, problems } = advance(first, change);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.subject).toBe('host a: fact container/c');
    expect(problems[0]?.what).toContain(where);
    expect(state.snapshot.hosts.get('a')?.containers.get('c')).toEqual(container('a', 'c'));
    expect(state.snapshot.hosts.get('a')?.containers.get('ac0')?.name).toBe('new');
    expect(state.rejected.size).toBe(1);
    expect(advance(state, change).problems).toEqual([]);
    expect(advance(state, delta({ a: { 'container/c': container('a', 'c') } })).state.rejected.size).toBe(0);
    expect(advance(state, delta({ a: { 'container/c': null } })).state.rejected.size).toBe(0);
    expect(advance(state, delta({ a: null })).state.rejected.size).toBe(0);
  });

  test('a malformed document, and one about another service, leave the last good one in place', () => {
    const good = declaration('s', 'w', { scale: 2 });
    const first = walk(delta({}, { 'service/s/w': good }));
    for (const value of [
      { stack: 's' },
      declaration('s', 'other'),
      declaration('s', 'w', { externalIps: ['nowhere'] }),
    ]) {
      const { state, problems } = advance(first, delta({}, { 'service/s/w': value }));
      expect(problems.map(({ subject }) => subject)).toEqual(['document service/s/w']);
      expect(state.snapshot).toBe(first.snapshot);
      expect(advance(state, delta({}, { 'service/s/w': null })).state.rejected.size).toBe(0);
    }
    expect(advance(first, delta({}, { 'liveness/a': { state: 'gone' } })).problems).toHaveLength(1);
  });

  test('no JSON value makes it throw', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('host', 'container/c', 'network/n')), fc.jsonValue())), fc.dictionary(fc.constantFrom('service/a/b', 'liveness/a', 'x'), fc.jsonValue()), (hosts, documents) => {
        const { state } = advance(empty, delta(hosts, documents));
        expect(advance(state, delta(hosts, documents)).state).toBe(state);
      }),
      { numRuns: 300 },
    );
  }); // biome-ignore format: the property reads as one
});

describe('liveness', () => {
  const world = walk(delta({ self: hostFacts('self', 1), a: hostFacts('a', 1), b: hostFacts('b', 1) }));
  const said = (id: string, state: string, incarnation: number) =>
    delta({}, { [`liveness/${id}`]: { state, incarnation, by: 'b' } });
  const hosts = ({ snapshot }: { readonly snapshot: Snapshot }) => [...snapshot.hosts.keys()].sort();

  test('a host that is down is left out until it comes back with a higher incarnation', () => {
    const down = advance(world, said('a', 'down', 1)).state;
    expect(hosts(down)).toEqual(['b', 'self']);
    const changed = advance(down, delta({ a: { 'container/ac9': container('a', 'ac9') } })).state;
    expect(hosts(changed)).toEqual(['b', 'self']);
    const back = advance(changed, delta({ a: { host: host('a', { incarnation: 2 }) } })).state;
    expect(hosts(back)).toEqual(['a', 'b', 'self']);
    expect(back.snapshot.hosts.get('a')?.containers.has('ac9')).toBe(true);
    expect(back.snapshot.hosts.get('b')).toBe(world.snapshot.hosts.get('b'));
  });

  test('a `down` of an earlier incarnation, a suspicion and a withdrawn `down` do not remove the host', () => {
    expect(hosts(advance(world, said('a', 'down', 0)).state)).toEqual(['a', 'b', 'self']);
    const suspect = advance(world, said('a', 'suspect', 1)).state;
    expect(suspect.snapshot.hosts).toBe(world.snapshot.hosts);
    const down = advance(world, said('a', 'down', 1)).state;
    expect(hosts(advance(down, delta({}, { 'liveness/a': null })).state)).toEqual(['a', 'b', 'self']);
  });

  test('the document may come before the host', () => {
    expect(hosts(walk(said('a', 'down', 1), delta({ a: hostFacts('a', 1) })))).toEqual([]);
    expect(hosts(walk(said('a', 'down', 1), delta({ a: { 'container/ac0': container('a', 'ac0') } })))).toEqual(['a']);
  });

  test('a host stays in its own snapshot even if others declare it down', () => {
    expect(hosts(advance(world, said('self', 'down', 9)).state)).toEqual(['a', 'b', 'self']);
  });
});

describe('properties', () => {
  const change = fc.record({
    host: fc.constantFrom('a', 'b', 'c'),
    key: fc.constantFrom('host', 'container/x', 'container/y', 'network/n'),
    value: fc.constantFrom('good', 'other', 'bad', 'remove', 'gone'),
  });
  const toDelta = ({ host: id, key, value }: { host: string; key: string; value: string }): SnapshotDelta => {
    if (value === 'gone') return delta({ [id]: null });
    if (value === 'remove') return delta({ [id]: { [key]: null } });
    if (value === 'bad') return delta({ [id]: { [key]: { nonsense: true } } });
    const name = value;
    const [kind, own = ''] = key.split('/');
    const made =
      kind === 'host'
        ? host(id, { name })
        : kind === 'container'
          ? container(id, own, { name })
          : network(id, own, { name });
    return delta({ [id]: { [key]: made } }); // biome-ignore format: a table
  };

  test('a random walk ends in the state that its last picture gives in one step', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        const walked = walk(...changes.map(toDelta));
        const whole = diffPictures(emptyPicture, walked.picture) ?? delta({});
        const direct = advance(empty, whole).state;
        expect(new Map([...direct.snapshot.hosts].sort())).toEqual(new Map([...walked.snapshot.hosts].sort()));
        expect(diffPictures(direct.picture, walked.picture)).toBeNull();
      }),
    );
  });

  test('the difference of two pictures leads from one to the other', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), fc.array(change, { maxLength: 20 }), (some, others) => {
        const [from, to] = [walk(...some.map(toDelta)), walk(...others.map(toDelta))];
        const step = diffPictures(from.picture, to.picture) ?? delta({});
        const arrived = advance({ ...from, rejected: new Map() }, step).state;
        expect(diffPictures(arrived.picture, to.picture)).toBeNull();
        expect(new Map([...arrived.snapshot.hosts].sort())).toEqual(new Map([...to.snapshot.hosts].sort()));
      }),
    );
  });
});
