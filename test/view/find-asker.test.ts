import { expect, test } from 'vitest';
import { findAsker, viewOf } from '../../view/index.ts';
import { at, BRIDGE, container, snapshot } from './world.ts';

const view = viewOf(
  snapshot({
    containers: [
      container('aaaa1111', 's/web', '10.42.1.1', { name: 'web' }),
      container('aaaa2222', null, '10.42.2.2', { name: 'far', hostId: 'b' }),
      container('bbbb3333', null, '10.42.1.3', { name: 'both' }),
      container('bbbb4444', null, '10.42.2.4', { name: 'both', hostId: 'b' }),
      container('cccc5555', null, '10.42.2.5', { name: 'remote', hostId: 'b' }),
      container('cccc6666', null, '10.42.2.6', { name: 'remote', hostId: 'b' }),
      container('dddd7777', null, null, { name: 'guest', networkMode: 'container', networkFrom: 'aaaa1111' }),
      container('dddd8888', null, null, { name: 'orphan', networkMode: 'container', networkFrom: 'gone' }),
      container('eeee9999', null, null, { name: 'hosted', networkMode: 'host' }),
      container('eeeeaaaa', null, null, { name: 'isolated', networkMode: 'none' }),
      container('ffff1111', null, null, { name: 'idle', state: 'created' }),
      container('ffff2222', null, '10.42.1.9', { name: 'rival-1' }),
      container('ffff3333', null, '10.42.1.9', { name: 'rival-2' }),
      container('0123abcd', null, null, { name: 'six', addresses: [at(BRIDGE, null, '2001:db8::6')] }),
      container('0123', null, '10.42.1.10', { name: 'short' }),
    ],
  }),
  'a',
);

/** `host label address`, then the notes. */
function asker(from: string | null): readonly string[] {
  const found = findAsker(view, from);
  if (!found.ok) return [found.problem.what];
  const { view: seen, container: made, label, address, notes } = found.value;
  if (made) expect(label).toBe(made.name);
  return [`${seen.hostId} ${made?.id ?? '-'} ${address ?? '-'}`, ...notes];
}

test.each<[string | null, readonly (string | RegExp)[]]>([
  [null, ['a - -']],
  ['web', ['a aaaa1111 10.42.1.1']],
  ['WEB', ['a aaaa1111 10.42.1.1']],
  ['aaaa1', ['a aaaa1111 10.42.1.1']],
  ['AAAA1', ['a aaaa1111 10.42.1.1']],
  ['aaaa', ['a aaaa1111 10.42.1.1']], // this host first
  ['aaaa2', ['b aaaa2222 10.42.2.2', /^it runs on b: /]],
  ['both', ['a bbbb3333 10.42.1.3']],
  ['remote', [/^could be remote \(cccc5555 on b\), remote \(cccc6666 on b\)$/]],
  ['guest', ['a aaaa1111 10.42.1.1', /^guest shares the network of web/]],
  ['orphan', ['a - -', /^the container whose network orphan shares does not exist$/]],
  ['hosted', ['a - -', /^hosted has its host's network/]],
  ['isolated', ['a - -', /^isolated has no network/]],
  ['idle', ['a ffff1111 -', /^idle has no address now \(created\)/]],
  ['rival-1', ['a - -', /another container claims the addresses of rival-1/]],
  ['six', ['a 0123abcd 2001:db8::6']],
  ['012', [/^is not known on any host$/]], // too short for an id
  ['0123a', ['a 0123abcd 2001:db8::6']],
  ['nosuch', [/^is not known on any host$/]],
  ['10.42.1.1', ['a aaaa1111 10.42.1.1']],
  ['::ffff:10.42.1.1', ['a aaaa1111 10.42.1.1']],
  ['10.42.1.77', ['a - 10.42.1.77', /^10\.42\.1\.77 is in a network of this host/]],
  ['192.0.2.77', ['a - 192.0.2.77', /^192\.0\.2\.77 belongs to no container on this host/]],
])('findAsker(%j)', (from, expected) => {
  const matchers = expected.map((one) => (typeof one === 'string' ? one : expect.stringMatching(one)));
  expect(asker(from)).toEqual(matchers);
});
