import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { formatMetadataExplanation } from '../../../cli/output/metadata-explanation.ts';
import { explainPath, type MetadataExplanation } from '../../../metadata/index.ts';
import { viewOf } from '../../../view/index.ts';
import { at, BRIDGE, container, snapshot, type World } from '../../view/world.ts';
import { startServer, type TestServer } from '../serve.ts';
import { SHOP } from '../shop.ts';

const HOST_NET = container('host-net-id', 'Shop/Probe', null, { name: 'probe', networkMode: 'host' });
const SAME_ADDRESS = ['one', 'two'].map((name) =>
  container(`${name}-id`, null, null, { name, addresses: [at(BRIDGE, '172.17.0.9')] }),
);
const LABELS_ONLY = container('plain-id', 'Shop/Plain', null, { name: 'plain', addresses: [at(BRIDGE, '172.17.0.5')] });
const WORLD: World = { ...SHOP, containers: [...SHOP.containers, HOST_NET, ...SAME_ADDRESS, LABELS_ONLY] };
const view = viewOf(snapshot(WORLD), 'a');

function explain(path: string, from: string | null = null): MetadataExplanation {
  const explained = explainPath(view, { asked: { path, from }, settings: { resolver: '169.254.169.250' } });
  if (!explained.ok) throw new Error(explained.problem.what);
  return explained.value;
}

describe('explains the reply of the server to', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer(WORLD);
  });
  afterAll(() => server.server.close());

  it.each([
    '/',
    '/latest',
    '/latest/',
    '/nope/self',
    '/2015-12-19/self/container/name',
    '/latest/self/service/metadata/greeting',
    '/latest/self/service/metadata/list/r2/id',
    '/latest/self/service/token',
    '/latest/services/web/token',
    '/latest/SELF/Container/Name',
    '/latest/containers/0/labels/a%2Fb',
    '/latest/containers/99',
    '/latest/containers/-1/name',
    '/latest/services/nope',
    '/latest/stacks/shop/services/web/containers/shop-web-1/primary_ip',
    '/latest/self/container/name/x',
    '/latest//self/./host/../container/name',
    '/latest/%zz',
    '/favicon.ico',
    '/latest/self/container/hostname?wait=true&value=other&maxWait=1',
  ])('%s', async (path) => {
    for (const [from, address] of [
      ['shop-web-1', '10.42.1.7'],
      [null, ''],
    ] as const) {
      const { reply, notes } = explain(path, from);
      const served = await server.getAs(address, path);
      const moved = served.status === 301 ? (served.headers.location ?? '') : null;
      const { status, body } = moved === null ? served : await server.getAs(address, moved);
      expect(reply.status).toBe(status);
      if (status === 200) expect(reply.text).toBe(body);
      if (moved !== null) expect(notes).toContain(`the server redirects to ${moved} (301)`);
    }
  });
});

test('lists the keys of the path, and where the value comes from', () => {
  expect(formatMetadataExplanation(explain('self/service/metadata/list/r1', 'shop-web-1'))).toMatchInlineSnapshot(`
    "/latest/self/service/metadata/list/r1, asked by Shop-Web-1 (10.42.1.7) on a, revision 1

    200 OK
      id
      name

    Path, key by key:
      KEY       RESULT
      self      map of 4 keys
      service   map of 26 keys
      metadata  map of 3 keys
      list      list of 2
      r1        the first element with this name: map of 2 keys

    Note: the metadata of shop/web comes from its declaration (a manifest or \`drover apply\`)"
  `);
  expect(formatMetadataExplanation(explain('/latest/containers/shop-web-2/primary_ip'))).toMatchInlineSnapshot(`
    "/latest/containers/shop-web-2/primary_ip, asked by anybody on a, revision 1

    200 OK
      10.42.2.7

    Path, key by key:
      KEY         RESULT
      containers  list of 8
      shop-web-2  the first element with this name: map of 31 keys
      primary_ip  text

    Note: Shop-Web-2 is reachable on the managed network net-managed, from every host"
  `);
});

test.each([
  ['/latest/servces', 'Not found: there is no servces in the tree; did you mean services?'],
  ['/latest/services/wbe', 'Not found: no element of services has the name or UUID wbe; did you mean web?'],
  ['/latest/containers/99', 'Not found: containers has 8 elements, and the first is 0: there is no 99'],
  ['/latest/hosts/a/name/x', 'Not found: name is a value (text) without keys'],
  ['/latest/stacks/x', 'Not found: no element of stacks has the name or UUID x; the keys are shop'],
  ['/latest/hosts/9?wait=true&value=1&maxWait=7', 'there is no 9; the request waits for it for up to 7 s'],
  [
    '/2014-01-01/self',
    'there is no version 2014-01-01; the versions are 2015-07-25, 2015-12-19, 2016-07-29 and latest',
  ],
  ['/latest/no', 'there is no no in the tree; the keys are'],
])('explains why %s has no value', (path, meaning) => {
  expect(explain(path).reply).toMatchObject({ status: 404, text: null, meaning: expect.stringContaining(meaning) });
});

test.each([
  ['self/container', null, 'a client that is not a known container of this host has only `self/host`'],
  ['self/container', 'probe', "probe has its host's network: it gets the default answers"],
  [
    'self/container',
    '172.17.0.9',
    'is in a network of this host, but no container is known to have it, or two claim it',
  ],
  ['self/service/metadata', 'plain', 'shop/plain has no declaration, so its metadata is empty'],
  ['self/service/metadata', 'shop-log-1', 'shop/web/log has no declaration, so its metadata is empty'],
  ['self/service/token', 'shop-web-1', 'only containers of the service see its token'],
  ['SELF/Service', 'shop-web-1', 'the path as written has no value; the server tried it in lower case'],
  ['self/host/name?wait=true&value=a&maxWait=5', null, 'the request waits up to 5 s for another value'],
  ['self/container/primary_ip', 'plain', 'plain is reachable on the network net-bridge, from this host only'],
  ['self/container/health_state', 'shop-web-1', 'checks of Shop-Web-1: a: no result yet; b: no result yet; Docker: up'],
  ['self/container/health_state', 'plain', 'plain has no health check'],
  ['self', 'shop-web-2', 'it runs on b: this is the answer of that host, as far as this host knows its state'],
])('%s of %s has a note', (path, from, note) => {
  expect(explain(path, from).notes).toContainEqual(expect.stringContaining(note));
});

test('a client that does not exist is a problem', () => {
  const asked = { path: 'self', from: 'nosuch' };
  expect(explainPath(view, { asked, settings: { resolver: '' } })).toMatchObject({
    ok: false,
    problem: { subject: 'container nosuch' },
  });
});
