import { describe, expect, test } from 'vitest';
import { addServers, removeServers } from '../../../healthcheck/haproxy/apply.ts';
import { type Server, serverFor } from '../../../healthcheck/haproxy/server.ts';
import type { Target } from '../../../healthcheck/index.ts';
import { target } from '../target.ts';

function server(one: Target): Server {
  const found = serverFor(one);
  if (!found.ok) throw new Error(found.problem.what);
  return found.value;
}

describe('serverFor()', () => {
  test('gives the backend, the endpoint and the request', () => {
    expect(server(target('a', { requestLine: String.raw`GET /x "HTTP/1.1\r\nHost: www"` }))).toMatchObject({
      backend: { timeoutMs: 200, request: { method: 'GET', headerNames: ['Host'] } },
      endpoint: '10.42.0.5:80',
      intervalMs: 1_000,
      rise: 2,
      fall: 3,
      request: '/x\twww',
    });
    expect(server(target('a', {}, { address: 'fd00::5' })).endpoint).toBe('[fd00::5]:80');
  });

  test('gives another name to everything that is another check', () => {
    const targets = [
      target('a'),
      target('b'),
      target('a', {}, { startedAtMs: 2 }),
      target('a', {}, { address: '10.42.0.6' }),
      target('a', {}, { port: 81 }),
      target('a', { requestLine: 'GET /' }),
      target('a', { requestLine: 'GET /x' }),
      target('a', { intervalMs: 999 }),
      target('a', { responseTimeoutMs: 199 }),
      target('a', { healthyThreshold: 1 }),
      target('a', { unhealthyThreshold: 1 }),
    ];
    expect(new Set(targets.map((one) => server(one).name)).size).toBe(targets.length);
    expect(server(target('a')).name).toBe(server(target('a')).name);
  });

  test('keeps what a container is called out of the commands', () => {
    expect(server(target('a;b/c d\n')).name).toMatch(/^abcd_[a-z0-9]+$/);
    expect(server(target('x'.repeat(100))).name).toMatch(/^x{32}_[a-z0-9]+$/);
  });

  test.each([
    [target('a', {}, { port: 0 }), 'health_check.port is 0'],
    [target('a', {}, { port: 65_536 }), 'health_check.port is 65536'],
    [target('a', {}, { port: 80.5 }), 'health_check.port is 80.5'],
    [target('a', {}, { address: 'unix@/x' }), '"unix@/x" is not an IP address'],
    [target('a', {}, { address: '10.0.0.1 check' }), '"10.0.0.1 check" is not an IP address'],
    [target('a', { intervalMs: 99 }), 'health_check.interval is 99'],
    [target('a', { intervalMs: Number.NaN }), 'health_check.interval is NaN'],
    [target('a', { responseTimeoutMs: 0 }), 'health_check.response_timeout is 0'],
    [target('a', { healthyThreshold: 0 }), 'health_check.healthy_threshold is 0'],
    [target('a', { unhealthyThreshold: 1_001 }), 'health_check.unhealthy_threshold is 1001'],
    [
      target('a', { requestLine: 'GET "/' }),
      'its request line has a quote that is not closed, or an escape that is not valid',
    ],
    [
      target('a', { requestLine: 'GET /', expectedStatus: '200\nglobal' }),
      'its expected status has "200\\nglobal", not a status from 100 to 599 or a range',
    ],
  ])('refuses %j', (one, what) => {
    expect(serverFor(one)).toMatchObject({ ok: false, problem: { subject: 'health check of container a', what } });
  });
});

describe('addServers()', () => {
  const states = new Map<string, 'up' | 'down'>();
  const deps = (ask: (commands: string) => Promise<string>) => ({
    ask,
    map: '/m',
    stateOf: (name: string) => states.get(name) ?? 'unknown',
  });
  const accept = async (commands: string): Promise<string> =>
    commands.replaceAll(/add server/g, '\nNew server registered.\n');

  test('sends requests to the map, and what is known after the server is enabled', async () => {
    const [tcp, http] = [server(target('t')), server(target('h', { requestLine: 'GET /x;y' }))];
    states.set(tcp.name, 'down');
    const sent: string[] = [];
    await addServers(
      deps(async (commands) => {
        sent.push(commands);
        return accept(commands);
      }),
      [tcp, http],
    );
    const [t, h] = [`tcp_200/${tcp.name}`, `${http.backend.name}/${http.name}`];
    expect(sent).toEqual([
      `add map /m <<\n${http.name} /x;y\n`,
      [
        `add server ${t} 10.42.0.5:80 check inter 1000 rise 2 fall 3;enable health ${t};enable server ${t};set server ${t} health down`,
        `add server ${h} 10.42.0.5:80 check inter 1000 rise 2 fall 3;enable health ${h};enable server ${h}`,
      ].join(';'),
    ]);
  });

  test('keeps every line of commands below the limit of HAProxy', async () => {
    const servers = Array.from({ length: 500 }, (_, n) =>
      server(target(`c${n}`, { requestLine: `GET /${'x'.repeat(1_900)}` })),
    );
    const sizes: number[] = [];
    let added = 0;
    const refused = await addServers(
      deps(async (commands) => {
        sizes.push(Buffer.byteLength(commands));
        added += commands.match(/add server/g)?.length ?? 0;
        return accept(commands);
      }),
      servers,
    );
    expect(Math.max(...sizes)).toBeLessThan(16_000);
    expect([added, refused.size]).toEqual([500, 0]);
  });

  test('finds the server that is refused, and adds the others', async () => {
    const [a, bad, b] = ['a', 'bad', 'b'].map((id) => server(target(id))) as [Server, Server, Server];
    const added = new Set<string>();
    const refused = await addServers(
      deps(async (commands) => {
        for (const [, name = ''] of commands.matchAll(/del server \S+\/(\S+)/g)) added.delete(name);
        return [...commands.matchAll(/add server \S+\/(\S+)/g)]
          .map(([, name = '']) => {
            if (name === bad.name) return 'No such backend.';
            if (added.has(name)) return 'Already exists a server with the same name in backend.';
            added.add(name);
            return 'New server registered.';
          })
          .join('\n\n');
      }),
      [a, bad, b],
    );
    expect([...refused]).toEqual([[bad.name, 'No such backend.']]);
    expect([...added]).toEqual([a.name, b.name]);
  });

  test('adds a server again that HAProxy had, and all of them if the reply was cut short', async () => {
    const servers = ['a', 'b', 'c'].map((id) => server(target(id)));
    const present = new Set([servers[0]?.name]);
    const removed: string[] = [];
    let asked = 0;
    const refused = await addServers(
      deps(async (commands) => {
        asked += 1;
        const [, deleted] = /del server \S+\/(\S+)/.exec(commands) ?? [];
        if (deleted !== undefined && present.delete(deleted)) removed.push(deleted);
        const replies = [...commands.matchAll(/add server \S+\/(\S+)/g)].map(([, name]) => {
          if (present.has(name)) return 'Already exists a server with the same name in backend.';
          present.add(name);
          return 'New server registered.';
        });
        return asked === 1 ? '' : replies.join('\n\n');
      }),
      servers,
    );
    expect([refused.size, present.size]).toEqual([0, 3]);
    expect(removed).toEqual(servers.map(({ name }) => name));
  });

  test('removeServers() removes the request of a server from the map', async () => {
    const sent: string[] = [];
    const ask = async (commands: string): Promise<string> => {
      sent.push(commands);
      return '';
    };
    const change = (backend: string, name: string) => ({ kind: 'remove', backend, name }) as const;
    await removeServers({ ask, map: '/m' }, [change('tcp_1', 'a'), change('http_GET_x_1', 'b')]);
    expect(sent).toEqual([
      'set server tcp_1/a state maint;del server tcp_1/a;' +
        'set server http_GET_x_1/b state maint;del server http_GET_x_1/b;del map /m b',
    ]);
  });
});
