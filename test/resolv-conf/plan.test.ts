import { describe, expect, test } from 'vitest';
import type { Container } from '../../model/index.ts';
import type { Author } from '../../resolv-conf/author.ts';
import type { ContainerResolver } from '../../resolv-conf/desired-resolvers.ts';
import { formatResolvConfChange, planResolvConf, rewritten } from '../../resolv-conf/plan.ts';
import type { Reach } from '../../resolv-conf/reach.ts';
import { nameserversIn, renderResolvConf } from '../../resolv-conf/render.ts';
import { type ObservedFile, resolverStates } from '../../resolv-conf/resolver-state.ts';
import { at, container } from '../view/world.ts';

const RESOLVER = '169.254.169.250';
const PATH = '/docker/containers/web/resolv.conf';
const DOCKER = 'nameserver 127.0.0.11\noptions ndots:0\n';
const OURS = renderResolvConf(DOCKER, { resolver: RESOLVER, search: ['rancher.internal'], position: 'first' }) ?? '';

const desiredOf = (changes: Partial<Container> = {}): ContainerResolver => ({
  container: container('web', 'shop/web', '10.42.1.2', changes),
  search: ['rancher.internal'],
  position: 'first',
  reach: 'yes',
});
const authorOf = (text: string): Author => (text.includes('Drover') ? 'drover' : 'docker');
const textOf = (text: string, author = authorOf(text)): ObservedFile => ({ kind: 'text', path: PATH, text, author });
const written = (desired: ContainerResolver, text: string) =>
  rewritten(RESOLVER, desired, { text, author: authorOf(text) });
const failed = (code: string): ObservedFile => ({ kind: 'failed', code, message: 'no reason' });
const planOf = (desired: ContainerResolver, file: ObservedFile) =>
  planResolvConf(RESOLVER, [desired], new Map([['web', file]]));
const stateOf = (desired: ContainerResolver, file: ObservedFile) =>
  resolverStates(RESOLVER, [desired], new Map([['web', file]])).get('web');

test('plan() rewrites a file that does not list Drover, and only that one', () => {
  const right = { ...desiredOf(), container: container('right', null, null) };
  const wrong = desiredOf();
  const files = new Map([
    ['web', textOf(DOCKER)],
    ['right', textOf(OURS)],
  ]);
  const { changes, problems } = planResolvConf(RESOLVER, [right, wrong], files);
  expect(changes).toEqual([{ desired: wrong, path: PATH }]);
  expect(changes.map(formatResolvConfChange)).toEqual(['rewrite resolv.conf of container web web']);
  expect(problems).toEqual([]);
});

test('plan() of the text it wrote is empty', () => {
  const text = written(desiredOf(), DOCKER) ?? '';
  expect(nameserversIn(text)).toEqual([RESOLVER]);
  expect(planOf(desiredOf(), textOf(text))).toEqual({ changes: [], problems: [] });
});

test.each<[string, Partial<Container>, string, string]>([
  ['without a network', { networkMode: 'none', addresses: [] }, 'exempt', 'it has no network'],
  [
    'that shares a network',
    { networkMode: 'container' },
    'exempt',
    'it uses the file of the container whose network it shares',
  ],
  [
    'with the Rancher label',
    { labels: { 'io.rancher.container.dns': 'False' } },
    'exempt',
    'its label io.rancher.container.dns is false',
  ],
  ['with the Drover label', { labels: { 'drover.dns': 'false' } }, 'exempt', 'its label drover.dns is false'],
  ['of Drover itself', { system: true }, 'exempt', 'it is part of the infrastructure'],
  ['that is stopped', { state: 'stopped' }, 'inactive', 'it is not running'],
  ['that was created', { state: 'created' }, 'inactive', 'it is not running'],
  ['that waits for its restart', { state: 'restarting' }, 'inactive', 'it is not running'],
])('a container %s: Drover does not set its resolver', (_title, changes, kind, why) => {
  expect(stateOf(desiredOf(changes), { kind: 'none' })).toEqual({ kind, why });
});

test('a container that was created without a network and joined one later is not exempt', () => {
  expect(stateOf(desiredOf({ networkMode: 'none' }), textOf(OURS))).toEqual({ kind: 'ours' });
});

test('a label with another value does not opt out', () => {
  expect(stateOf(desiredOf({ labels: { 'drover.dns': 'true' } }), textOf(OURS))).toEqual({ kind: 'ours' });
});

test.each<[string, ObservedFile, string, string]>([
  ['a read-only file', failed('EROFS'), 'cannot write its resolv.conf: no reason', 'run the agent as root'],
  ['a file without permission', failed('EACCES'), 'cannot write its resolv.conf: no reason', 'run the agent as root'],
  [
    'a symbolic link',
    failed('ELOOP'),
    'cannot write its resolv.conf: the file is a symbolic link',
    'check the file on the host',
  ],
  ['a file of another kind', failed('unsuitable'), 'cannot write its resolv.conf: no reason', 'remove the container'],
  ['no file', { kind: 'none' }, 'a volume hides its resolv.conf', 'remove that volume'],
])('plan() reports %s, with a hint', (_title, file, what, hint) => {
  const { changes, problems } = planOf(desiredOf(), file);
  expect(changes).toEqual([]);
  expect(problems).toEqual([
    { subject: 'container web web', what: expect.stringContaining(what), hint: expect.stringContaining(hint) },
  ]);
});

test('plan() leaves a file that the container wrote, and that is no problem', () => {
  const file = textOf('nameserver 10.8.0.1\n', 'container');
  expect(planOf(desiredOf(), file)).toEqual({ changes: [], problems: [] });
  expect(stateOf(desiredOf(), file)).toEqual({
    kind: 'left',
    note: {
      subject: 'container web web',
      what: 'a program in the container wrote its resolv.conf, and Drover leaves it; it lists: 10.8.0.1',
      hint: expect.stringMatching(/^label the container `drover\.dns=false` if this is intended/),
    },
  });
  // Drover is the only resolver in the file, so the container uses it, although Drover did not write the file.
  expect(stateOf(desiredOf(), textOf(`nameserver ${RESOLVER}\n`, 'container'))).toEqual({ kind: 'ours' });
});

describe('a container that may not reach Drover', () => {
  const at = (reach: Reach, changes: Partial<Container> = {}) => ({ ...desiredOf(changes), reach });
  const starting = { state: 'starting' } as const;

  test.each<[string, ContainerResolver, string, string]>([
    ['not yet probed, before its start', at('unknown', starting), DOCKER, 'ours'],
    ['not yet probed, running with the text of Docker', at('unknown'), DOCKER, 'unchanged'],
    ['not yet probed, running with ours', at('unknown'), OURS, 'unchanged'],
    ['not yet probed, running with ours and another search list', { ...at('unknown'), search: [] }, OURS, 'ours'],
    ['doubted, before its start', at('doubtful', starting), DOCKER, 'unchanged'],
    ['doubted, running', at('doubtful'), DOCKER, 'unchanged'],
    ['known to reach it', at('yes'), DOCKER, 'ours'],
    ['known not to reach it, with ours', at('no'), OURS, 'docker'],
    ['known not to reach it, with the text of Docker', at('no'), DOCKER, 'unchanged'],
  ])('%s', (_title, desired, text, expected) => {
    const after = written(desired, text);
    expect(after === null ? 'unchanged' : after === DOCKER ? 'docker' : authorOf(after) === 'drover' && 'ours').toBe(
      expected,
    );
    if (after !== null) expect(written(desired, after)).toBeNull();
  });

  test('it is left alone and named, even if Docker wrote the address of Drover into its file', () => {
    for (const text of [textOf(DOCKER), textOf(`nameserver ${RESOLVER}\n`, 'docker'), textOf(OURS)])
      expect(stateOf(at('no'), text)).toMatchObject({
        kind: 'left',
        note: {
          subject: 'container web web',
          what: expect.stringMatching(/^cannot reach 169\.254\.169\.250 from its networks \(/),
        },
      });
    expect(stateOf(at('unknown'), textOf(OURS))).toEqual({ kind: 'ours' });
    expect(stateOf(at('doubtful'), textOf(DOCKER))).toMatchObject({ kind: 'inactive' });
    expect(formatResolvConfChange({ desired: at('no'), path: PATH })).toBe('restore resolv.conf of container web web');
  });
});

test('a problem names the container by its short id and its name', () => {
  const id = '0123456789abcdef';
  const desired = { ...desiredOf(), container: container(id, null, null, { name: 'shop-web-1' }) };
  const { problems } = planResolvConf(RESOLVER, [desired], new Map());
  expect(problems.map(({ subject }) => subject)).toEqual(['container 0123456789ab shop-web-1']);
  expect(formatResolvConfChange({ desired, path: PATH })).toBe(
    'rewrite resolv.conf of container 0123456789ab shop-web-1',
  );
});

test('a removed file and a starting container without a file are no problems', () => {
  expect(stateOf(desiredOf(), failed('ENOENT'))).toMatchObject({ kind: 'inactive' });
  expect(stateOf(desiredOf({ state: 'starting' }), { kind: 'none' })).toEqual({
    kind: 'inactive',
    why: 'it is starting',
  });
});

test('the state of a text says which other resolvers it lists', () => {
  const whatOf = (text: string) => {
    const state = stateOf(desiredOf(), textOf(text));
    return state?.kind === 'problem' ? state.problem.what : state?.kind;
  };
  expect(whatOf(OURS)).toBe('ours');
  expect(whatOf(`${OURS}nameserver 192.0.2.8\n`)).toBe(
    'its resolv.conf lists other resolvers besides Drover: 192.0.2.8',
  );
  expect(whatOf(DOCKER)).toBe('its resolv.conf does not list Drover; it lists: 127.0.0.11');
  expect(whatOf('')).toBe('its resolv.conf does not list Drover; it lists: none');
});

test('before the start, the text of Engine 26 is left alone until Docker has put its own resolver into it', () => {
  const text = '# Generated by Docker Engine.\n\nnameserver 192.0.2.8\n';
  const whileStarting = (changes: Partial<Container>) => written(desiredOf({ state: 'starting', ...changes }), text);
  const onNetwork = (networkName: string) => ({ addresses: [{ ...at('n1', '10.0.0.1'), networkName }] });
  expect(whileStarting({ addresses: [] })).toBeNull();
  expect(whileStarting(onNetwork('app'))).toBeNull();
  expect(whileStarting(onNetwork('bridge'))).toContain(`nameserver ${RESOLVER}`);
  expect(whileStarting({ networkMode: 'host', addresses: [] })).toContain(`nameserver ${RESOLVER}`);
  expect(written(desiredOf(), text)).toContain(`nameserver ${RESOLVER}`);
});

test('before the start, an empty file is left alone and the search list is added only after Docker wrote 127.0.0.11', () => {
  const starting = desiredOf({ state: 'starting' });
  expect(written(starting, '\n')).toBeNull();
  expect(written(starting, 'nameserver 192.0.2.8\n')).not.toContain('search');
  expect(written(starting, DOCKER)).toContain('search rancher.internal\n');
  // The original text inside of ours decides, too.
  expect(written(starting, OURS)).toBeNull();
  expect(written(desiredOf(), '\n')).toContain(`nameserver ${RESOLVER}`);
});
