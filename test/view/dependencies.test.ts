import { expect, test } from 'vitest';
import {
  type DependencyRecorder,
  endpointsOf,
  findService,
  lookupName,
  scopeOf,
  servicePorts,
  viewOf,
} from '../../view/index.ts';
import { at, BRIDGE, container, declaration, links, MANAGED, snapshot } from './world.ts';

const GUEST = container('c2', 's/web/log', null, { networkMode: 'container', networkFrom: 'c1' });
const WEB = container('c1', 's/web', null, { addresses: [at(BRIDGE, '172.17.0.2'), at(MANAGED, '10.42.1.1')] });
const VIEW = viewOf(
  snapshot({
    containers: [WEB, GUEST],
    declarations: [
      declaration('s/alias', { kind: 'dnsService', links: links('s/web', 's/missing') }),
      declaration('s/web', { links: links({ target: 's/missing', alias: 'later' }) }),
    ],
  }),
  'a',
);

/** What an answer depends on: if one of these changes, it is computed again. */
function dependencies(use: (recorder: DependencyRecorder) => unknown): readonly string[] {
  const keys = new Set<string>();
  use({ depends: (key) => keys.add(key) });
  return [...keys].toSorted();
}

function serviceOf(key: string) {
  const service = findService(VIEW, key);
  if (!service) throw new Error(`no service ${key}`);
  return service;
}

test('the endpoints of an alias depend on its targets, also on one that does not exist yet', () => {
  const keys = dependencies((recorder) => endpointsOf(VIEW, serviceOf('s/alias'), 'dns', null, recorder));
  expect(keys).toEqual(['asker', 'host:a', 'service:s/alias', 'service:s/missing', 'service:s/web']);
  expect(dependencies((recorder) => servicePorts(VIEW, serviceOf('s/alias'), recorder))).toEqual([
    'service:s/alias',
    'service:s/missing',
    'service:s/web',
  ]);
});

test('the address of a container in the network of another one depends on that container', () => {
  expect(dependencies((recorder) => endpointsOf(VIEW, serviceOf('s/web/log'), 'dns', null, recorder))).toEqual([
    'asker',
    'container:c1',
    'host:a',
    'service:s/web/log',
  ]);
});

test('a name depends on every name and stack that could give it another meaning', () => {
  const keys = (name: string) =>
    dependencies((recorder) => lookupName(VIEW, scopeOf(VIEW, null), name, 'own', recorder));
  expect(keys('nosuch.rancher.internal')).toEqual(['asker', 'name:nosuch']);
  expect(keys('web.s.rancher.internal')).toEqual(['asker', 'host:a', 'name:web.s', 'service:s/web']);
  expect(keys('web.nosuch')).toEqual(['asker', 'name:web.nosuch', 'stack:nosuch']);
  expect(keys('one.a.host.rancher.internal')).toEqual([
    'asker',
    'name:a.host',
    'name:host',
    'name:one',
    'name:one.a.host',
  ]);
});
