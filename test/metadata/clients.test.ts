import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get } from './raw-http.ts';
import { startServer, type TestServer } from './serve.ts';
import { SHOP } from './shop.ts';

const JSON_ONLY = { Accept: 'application/json', 'User-Agent': 'Go-http-client/1.1' };

describe('the requests of known clients', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer(SHOP);
  });
  afterAll(() => server.server.close());

  const readAs = async (address: string, path: string): Promise<unknown> => {
    const { status, body } = await server.getAs(address, path, JSON_ONLY);
    expect({ path, status }).toEqual({ path, status: 200 });
    return JSON.parse(body);
  };
  const web1 = (path: string) => readAs('10.42.1.7', path);

  describe.each(['/2016-07-29', '/2015-12-19', '/latest'])('go-rancher-metadata at %s', (base) => {
    it('reads lists of objects with a name and a UUID', async () => {
      for (const list of ['services', 'stacks', 'containers', 'hosts', 'networks']) {
        const objects = (await web1(`${base}/${list}`)) as Record<string, unknown>[];
        expect(objects.length).toBeGreaterThan(0);
        for (const { name, uuid } of objects) expect([typeof name, typeof uuid]).toEqual(['string', 'string']);
      }
    });

    it('reads its own container, service, stack and host', async () => {
      const same = (name: string) => expect.stringMatching(new RegExp(`^${name}$`, 'i'));
      expect(await web1(`${base}/self/container`)).toMatchObject({ name: same('shop-web-1') });
      expect(await web1(`${base}/self/service`)).toMatchObject({ name: same('web'), token: 'secret' });
      expect(await web1(`${base}/self/stack`)).toMatchObject({ name: same('shop') });
      expect(await web1(`${base}/self/host`)).toMatchObject({ uuid: 'a' });
      expect(await web1(`${base}/self/stack/services/${base === '/2015-12-19' ? 'DB' : 'db'}`)).toMatchObject({
        name: same('db'),
      });
      expect(await web1(`${base}/name`)).toBe('default');
      expect(await web1(`${base}/region_name`)).toBeNull();
    });

    it('gets the types that its structs expect', async () => {
      const containers = (await web1(`${base}/containers`)) as Record<string, unknown>[];
      for (const one of containers) {
        expect(['string', 'object']).toContain(typeof one.service_index);
        expect(one.create_index === null || Number.isInteger(one.create_index)).toBe(true);
        for (const list of ['ips', 'ports', 'dns', 'dns_search', 'health_check_hosts'])
          expect(Array.isArray(one[list])).toBe(true);
        for (const [key, value] of Object.entries(one.labels as object))
          expect([key, typeof value]).toEqual([key, 'string']);
      }
      const services = (await web1(`${base}/services`)) as Record<string, unknown>[];
      for (const one of services) {
        expect(Number.isInteger(one.create_index)).toBe(true);
        for (const list of ['ports', 'expose', 'external_ips', 'sidekicks'])
          expect(Array.isArray(one[list])).toBe(true);
        expect(typeof one.metadata).toBe('object');
      }
    });

    it('starts with the value `init`, then polls with the current value', async () => {
      const first = (await web1(`${base}/version?wait=true&value=init&maxWait=5`)) as string;
      const polling = web1(`${base}/version?wait=true&value=${first}&maxWait=5`);
      while (server.server.stats().waiting === 0) await new Promise((resolve) => setImmediate(resolve));
      server.show({ ...SHOP, containers: SHOP.containers.slice(0, 3) });
      expect(await polling).not.toBe(first);
      server.show(SHOP);
    });
  });

  it('go-rancher-metadata needs null instead of 404 for empty values', async () => {
    expect(await web1('/2016-07-29/environments')).toBeNull();
    expect(await web1('/2016-07-29/region_name')).toBeNull();
  });

  it('confd starts with GET /, reads keys without checking the status, and polls the version', async () => {
    expect((await get(server.port, '/')).status).toBe(200);
    const missing = await server.getAs('10.42.1.7', '/2015-12-19/self/nope', JSON_ONLY);
    expect(JSON.parse(missing.body)).toEqual({ code: 404, message: 'Not found', type: 'error' });
    const keys = flatten('/2015-12-19/self/service', await web1('/2015-12-19/self/service'));
    expect(keys.get('/2015-12-19/self/service/name')).toBe('Web');
    expect(keys.get('/2015-12-19/self/service/containers/Shop-Web-1/primary_ip')).toBe('10.42.1.7');
    expect(keys.get('/2015-12-19/self/service/containers/Shop-Web-1/service_index')).toBe('1');
    expect(keys.get('/2015-12-19/self/service/metadata/list/r1/id')).toBe('1');
    expect(keys.get('/2015-12-19/self/service/vip')).toBe('null');
    expect(keys.get('/2015-12-19/self/service/system')).toBe('false');
    expect(await web1('/2015-12-19/version?wait=true&value=init&maxWait=10')).toEqual(expect.any(String));
  });

  it('wget and curl read plain text', async () => {
    const wget = { 'User-Agent': 'Wget/1.21', Accept: '*/*', 'Accept-Encoding': 'identity' };
    expect((await server.getAs('10.42.1.7', '/latest/self/service/name', wget)).body).toBe('web');
    const curl = { 'User-Agent': 'curl/7.88.1', Accept: '*/*' };
    const list = (await server.getAs('10.42.1.7', '/latest/self/service/containers', curl)).body;
    expect(
      list
        .split('\n')
        .filter(Boolean)
        .map((line) => line.split('=')[1]),
    ).toEqual(['shop-web-1', 'shop-web-2']);
  });
});

/** A tree as flat keys, as confd creates them. */
function flatten(key: string, value: unknown, into = new Map<string, string>()): Map<string, string> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const name = (item as { name?: unknown } | null)?.name;
      flatten(`${key}/${typeof name === 'string' ? name : index}`, item, into);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, item] of Object.entries(value)) flatten(`${key}/${name}`, item, into);
  } else into.set(key, String(value));
  return into;
}
