import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect as connectTls } from 'node:tls';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { explainRequest } from '../../../lb/table/explain.ts';
import type { LbTable, Listener, Rule } from '../../../lb/table/table.ts';
import { PATH_MATCHES, parseHostPattern, parsePathPattern } from '../../../model/index.ts';
import { backend, listener, rule, table } from '../../lb/render/tables.ts';
import { freePort } from '../../support/free-port.ts';
import { type Balancer, startBalancer } from '../../support/lb/balancer.ts';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';

// Random rules, in any order, on many ports of one HAProxy: it must choose what the explanation of the table says.

const HTTP_PORTS = 60;
const SNI_PORTS = 8;
const REQUESTS = 150;
const SEED = Math.floor(Math.random() * 2 ** 31);

const LABELS = ['a', 'b', 'ab'] as const;
const name = fc.array(fc.constantFrom(...LABELS), { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.'));
const host = fc
  .oneof(
    name,
    name,
    name.map((text) => `*.${text}`),
    name.map((text) => `${text}.*`),
  )
  .map((text) => {
    const parsed = parseHostPattern(text);
    if (!parsed.ok) throw new Error(parsed.problem.what);
    return parsed.value;
  });

const PATHS = ['/', '/a', '/A', '/ab', '/a/', '/a/b', '/a/b/', '/a/ab', '/%41', '/a.b', '/-'] as const;
const REGULAR = ['^/a', 'b$', '/a.b', '^/(?:a|b)/', '[^/]b', '^/$', '(?i:^/A$)', '\\.b', 'a{2}'] as const;
type Match = (typeof PATH_MATCHES)[number];
const pathOf = (match: Match) =>
  fc.constantFrom<string[]>(...(match === 'regex' ? REGULAR : PATHS)).map((text) => {
    const parsed = parsePathPattern(text, match);
    if (!parsed.ok) throw new Error(parsed.problem.what);
    return parsed.value;
  });
const path = fc.oneof(...PATH_MATCHES.map(pathOf));

const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: null, freq: 3 });
/** It decides which rules come before the map of simple hosts; the order of the list is that of the table. */
const priority = fc.constantFrom(null, 1);
/** Rules of all kinds make lines, many rules of one kind make maps. */
const httpRules = fc.oneof(
  fc.array(fc.record({ host: maybe(host), path: maybe(path), priority }), { minLength: 1, maxLength: 25 }),
  fc
    .record({
      match: fc.constantFrom(...PATH_MATCHES, 'no path' as const),
      hostsHave: fc.constantFrom('host', 'no host'),
    })
    .chain(({ match, hostsHave }) => {
      const exact = name.map((text) => ({ kind: 'exact' as const, text }));
      const path = match === 'no path' ? fc.constant(null) : pathOf(match);
      const one = fc.record({ host: hostsHave === 'host' ? exact : fc.constant(null), path, priority });
      return fc.array(one, { minLength: 20, maxLength: 60 });
    }),
);
const sniRules = fc.array(fc.record({ host: maybe(host), path: fc.constant(null), priority }), {
  minLength: 1,
  maxLength: 25,
});

const askedHost = fc.oneof(
  name,
  name.map((text) => `x.${text}`),
  name.map((text) => `${text}.x`),
);
const question = fc.record({
  host: fc.oneof(
    askedHost,
    askedHost.map((text) => text.toUpperCase()),
    askedHost.map((text) => `${text}:8080`),
    askedHost.map((text) => `${text}.`),
    askedHost.map((text) => `${text}, a.b`),
    fc.constant(null),
  ),
  path: fc.oneof(
    fc.constantFrom(...PATHS, '//a', '/b', '/aa', '/x/a/b', '/a?b=/a/b', '/a/b?', '/A/B/c'),
    fc.constantFrom(...PATHS).map((text) => `${text}x`),
  ),
});

/** All rules have backends of their own, so that an answer names the rule. */
function listenerOf(
  port: number,
  protocol: 'http' | 'sni',
  rules: readonly Pick<Rule, 'host' | 'path' | 'priority'>[],
): Listener {
  const named = rules.map((one, at) => rule(`${port}-${at}`, { ...one, balancer: 'shop/front' }));
  return listener(port, { protocol, rules: named, accessLog: protocol === 'sni' });
}

const resources = createResources();
let lb: LbTable;
let balancer: Balancer;

beforeAll(async () => {
  const ports = new Set<number>();
  while (ports.size < HTTP_PORTS + SNI_PORTS) ports.add(await freePort());
  const samples = [
    ...fc.sample(httpRules, { seed: SEED, numRuns: HTTP_PORTS }).map((rules) => ['http', rules] as const),
    ...fc.sample(sniRules, { seed: SEED, numRuns: SNI_PORTS }).map((rules) => ['sni', rules] as const),
  ];
  const listeners = [...ports].flatMap((port, at) => {
    const [protocol, rules] = samples[at] ?? [];
    return protocol === undefined ? [] : [listenerOf(port, protocol, rules)];
  });
  lb = table({
    listeners,
    backends: listeners.flatMap(({ protocol, rules }) => rules.map((one) => backend(one.backend, { protocol }))),
    // HAProxy itself answers, with the name of the backend.
    customConfigs: [
      {
        balancer: 'shop/front',
        text: 'backend\n http-request return status 200 content-type text/plain lf-string %[be_name]',
      },
    ],
  });
  balancer = await startBalancer(resources, lb);
});
afterAll(() => resources.close());

const ofProtocol = (protocol: Listener['protocol']) => lb.listeners.filter((one) => one.protocol === protocol);

async function chosenFor(
  agent: Agent,
  port: number,
  asked: { host: string | null; path: string },
): Promise<string | null> {
  const headers = asked.host === null ? {} : { Host: asked.host };
  const sent = request({ host: '127.0.0.1', port, agent, setHost: false, path: asked.path, headers });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
  return response.statusCode === 503 ? null : text;
}

test('HAProxy chooses the rule that the explanation of the table names', async () => {
  const questions = fc.sample(question, { seed: SEED, numRuns: REQUESTS });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const differences = await Promise.all(
    ofProtocol('http').map(async ({ port, rules }) => {
      for (const asked of questions) {
        const explained = explainRequest(lb, { port, ...asked, protocol: 'http' }).rule?.backend ?? null;
        const chosen = await chosenFor(agent, port, asked);
        if (chosen !== explained)
          return { seed: SEED, asked, chosen, explained, rules: rules.map(({ host, path }) => ({ host, path })) };
      }
      return [];
    }),
  );
  agent.destroy();
  expect(differences.flat()).toEqual([]);
  expect([...balancer.config.files.keys()].filter((file) => file.startsWith('maps/')).length).toBeGreaterThan(5);
});

test('so it does by the name of TLS clients', async () => {
  const names = fc.sample(askedHost, { seed: SEED, numRuns: 30 });
  const expected = new Map<number, string>();
  for (const { port } of ofProtocol('sni')) {
    for (const servername of names) {
      const socket = connectTls({ host: '127.0.0.1', port, servername });
      // There is no server: HAProxy closes the connection, and its log names the backend.
      socket.on('error', () => socket.destroy());
      const closed = new Promise((resolve) => socket.once('close', resolve));
      await once(socket, 'connect');
      const chosen =
        explainRequest(lb, { port, host: servername, path: '/', protocol: 'sni' }).rule?.backend ?? String(port);
      expected.set(socket.localPort ?? 0, `${port} ${servername}: ${chosen}`);
      await closed;
    }
  }
  const logged = () =>
    new Map(
      balancer
        .output()
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as { port: number; clientPort: number; host: string; backend: string })
        .map(({ port, clientPort, host, backend }) => [clientPort, `${port} ${host}: ${backend}`]),
    );
  await poll(() => logged().size === expected.size, { what: 'the log of all connections' });
  expect([...logged()].sort()).toEqual([...expected].sort());
});
