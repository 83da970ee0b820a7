import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MetadataServer } from '../../metadata/index.ts';
import { createAnswersSource, parseAnswers, serveTrees } from '../../metadata/index.ts';
import { type Clock, createLog, systemClock } from '../../system/index.ts';
import { exchange, type RawReply } from './raw-http.ts';

/** Requests and replies recorded from the real server, which had loaded `answers.json`. */
interface Recorded {
  readonly id: string;
  readonly tags: readonly string[];
  readonly note?: string;
  readonly req: { method: string; target: string; headers: [string, string][]; proto?: string; body?: string };
  readonly res: { closed?: true; status: number; headers: [string, string][]; body?: string; body_base64?: string };
  /** The answers that were loaded while this request waited. */
  readonly reload?: string;
}

const FIXTURES = new URL('../fixtures/metadata/', import.meta.url);
const corpus = readFileSync(new URL('corpus.jsonl', FIXTURES), 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line): Recorded => JSON.parse(line));

const firstAnswers = gunzipSync(readFileSync(new URL('answers.json.gz', FIXTURES))).toString('utf8');
const secondAnswers = firstAnswers
  .replaceAll('20-aff454dabf2760385d247a5955488ff3', '21-0c1b2d3e4f5061728394a5b6c7d8e9f0')
  .replaceAll('"region_name":"region-1"', '"region_name":"region-2"');

/** A long poll of a minute takes three seconds. */
const HASTE = 20;
const hastyClock: Clock = {
  ...systemClock,
  monotonic: () => systemClock.monotonic() * HASTE,
  sleep: (ms, signal) => systemClock.sleep(ms / HASTE, signal),
};

/** What differs on purpose; metadata/README.md explains each. */
const FIXED: Readonly<Record<string, Pick<RawReply, 'status' | 'body'>>> = {
  'main-273': { status: 200, body: '0/\n' },
  'main-275': { status: 200, body: '0/\n1=ok\n' },
  'main-277': { status: 404, body: 'Not found\n' },
};

const COMPARED = ['content-type', 'location', 'access-control-allow-origin', 'x-content-type-options'];

describe('the requests recorded from the original', () => {
  let server: MetadataServer;
  let answers = parseAnswers(firstAnswers);
  beforeAll(async () => {
    const log = createLog('test', { level: 'silent', format: 'json' });
    server = await serveTrees(
      { source: createAnswersSource(() => answers), clock: hastyClock, log },
      { listen: [{ address: '127.0.0.1', port: 0 }], compatContentType: true, trustedProxies: ['127.0.0.1'] },
    );
  });
  afterAll(() => server.close());

  const load = (text: string): void => {
    answers = parseAnswers(text);
    server.wake();
  };

  const replay = async ({ req, reload }: Recorded): Promise<{ reply: RawReply; virtualMs: number }> => {
    const start = performance.now();
    const head = `${req.method} ${req.target} ${req.proto ?? 'HTTP/1.1'}\r\n`;
    const headers = req.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const sent = exchange(server.address.port, `${head}${headers}\r\n${req.body ?? ''}`, {
      head: req.method === 'HEAD',
    });
    if (reload !== undefined) {
      while (server.stats().waiting === 0) await systemClock.sleep(1);
      load(secondAnswers);
    }
    const reply = await sent;
    return { reply, virtualMs: (performance.now() - start) * HASTE };
  };

  for (const recorded of corpus.filter(({ reload }) => reload === undefined)) {
    it.concurrent(titleOf(recorded), async ({ expect }) => {
      const { reply, virtualMs } = await replay(recorded);
      const wanted = FIXED[recorded.id];
      if (wanted) expect(reply).toMatchObject(wanted);
      else expect(shown(reply)).toEqual(shown(repliedBy(recorded)));
      if (recorded.tags.includes('slow')) expect(virtualMs).toBeGreaterThanOrEqual(waitOf(recorded) - 2 * HASTE);
    });
  }

  for (const recorded of corpus.filter(({ reload }) => reload !== undefined)) {
    it(titleOf(recorded), async () => {
      load(firstAnswers);
      const { reply } = await replay(recorded);
      expect(shown(reply)).toEqual(shown(repliedBy(recorded)));
      load(firstAnswers);
    });
  }

  it('are all there, and only those that closed the connection differ', () => {
    expect(corpus).toHaveLength(369);
    expect(corpus.filter(({ res }) => res.closed).map(({ id }) => id)).toEqual(Object.keys(FIXED));
    expect(server.stats().failed).toBe(0);
  });
});

function titleOf({ id, req, note }: Recorded): string {
  const headers = req.headers.filter(([name]) => !['Host', 'Connection'].includes(name)).map((pair) => pair.join(': '));
  return [id, req.method, req.target, ...headers, note ?? ''].join(' ');
}

function waitOf({ req }: Recorded): number {
  const asked = Number(/maxWait=(\d+)/.exec(req.target)?.[1] ?? 60);
  return Math.min(asked, 120) * 1000;
}

function repliedBy({ res, req }: Recorded): RawReply {
  const headers = Object.fromEntries(res.headers.map(([name, value]) => [name.toLowerCase(), value]));
  const body =
    res.body_base64 === undefined ? (res.body ?? '') : Buffer.from(res.body_base64, 'base64').toString('utf8');
  return { status: res.status, headers, body: req.method === 'HEAD' ? '' : body };
}

function shown({ status, headers, body }: RawReply) {
  return { status, body, headers: Object.fromEntries(COMPARED.map((name) => [name, headers[name]])) };
}
