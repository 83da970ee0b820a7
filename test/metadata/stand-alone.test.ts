import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { poll } from '../support/poll.ts';
import { createResources, type Resources } from '../support/resources.ts';
import {
  corpus,
  FIXED,
  firstAnswers,
  type Recorded,
  repliedBy,
  secondAnswers,
  send,
  shown,
  titleOf,
} from './corpus.ts';
import { get } from './raw-http.ts';
import { type StandAlone, startStandAlone } from './stand-alone.ts';

const LIKE_ORIGINAL = ['-xff', '--compat-content-type'];

/** recorded.test.ts replays the long polls of a minute with a faster clock. */
const isQuick = ({ tags, reload }: Recorded): boolean => !tags.includes('veryslow') && reload === undefined;

describe('drover metadata --answers, to the requests recorded from the original', () => {
  const resources = createResources();
  let server: StandAlone;
  beforeAll(async () => {
    server = await startStandAlone(resources, { text: firstAnswers, flags: LIKE_ORIGINAL });
  });
  afterAll(() => resources.close());

  for (const recorded of corpus.filter(isQuick)) {
    it.concurrent(titleOf(recorded), async ({ expect }) => {
      const reply = await send(server.port, recorded);
      const wanted = FIXED[recorded.id];
      if (wanted) expect(reply).toMatchObject(wanted);
      else expect(shown(reply)).toEqual(shown(repliedBy(recorded)));
    });
  }
});

describe('drover metadata --answers', () => {
  let resources: Resources;
  beforeEach(() => {
    resources = createResources();
  });
  afterEach(() => resources.close());

  it('answers long polls after a reload by SIGHUP and by POST', async () => {
    const server = await startStandAlone(resources, { text: firstAnswers, flags: LIKE_ORIGINAL });
    const { body: version } = await get(server.port, '/latest/version');
    const changed = get(server.port, `/latest/version?wait=true&value=${version}&maxWait=60`);
    await server.write(secondAnswers);
    server.daemon.signal('SIGHUP');
    const { body: next } = await changed;
    expect(next).not.toBe(version);
    const back = get(server.port, `/latest/version?wait=true&value=${next}&maxWait=60`);
    await server.write(firstAnswers);
    expect(await server.reload()).toEqual({ status: 200, body: 'OK' });
    expect((await back).body).toBe(version);
  });

  it('keeps the content before if the new file is invalid, and reports why', async () => {
    const server = await startStandAlone(resources, { text: '{"v":{"default":{"a":1}}}' });
    await server.write('{"v":');
    const { status, body } = await server.reload();
    expect([status, body]).toEqual([500, expect.stringContaining('answers.json: ')]);
    await server.write('[]');
    expect((await server.reload()).body).toContain('write it as version -> client address or `default` -> tree');
    expect((await get(server.port, '/v/a')).body).toBe('1');
  });

  it('serves an empty `latest` until the file exists', async () => {
    const server = await startStandAlone(resources, { text: null });
    const read = async (path: string) => {
      const { status, body } = await get(server.port, path);
      return [status, body];
    };
    expect(await read('/')).toEqual([200, 'latest\n']);
    expect(await read('/latest')).toEqual([404, 'Not found\n']);
    expect(await read('/2016-07-29')).toEqual([404, 'Invalid version\n']);
    await server.write('{"2016-07-29":{"default":{"a":"b"}}}');
    expect(await server.reload()).toEqual({ status: 200, body: 'OK' });
    expect(await read('/latest/a')).toEqual([200, 'b']);
  });

  it('answers requests while it parses large YAML, and keeps every digit', async () => {
    const list = Array.from(
      { length: 20_000 },
      (_, n) => `    - { name: c${n}, id: ${9007199254740993n + BigInt(n)} }`,
    );
    const yaml = `2016-07-29:\n  default:\n    containers:\n${list.join('\n')}\n`;
    const server = await startStandAlone(resources, { text: 'v: {default: {a: 1}}', name: 'answers.yml' });
    await server.write(yaml);
    let slowest = 0;
    let over = false;
    const reloaded = server.reload().finally(() => {
      over = true;
    });
    while (!over) {
      const start = performance.now();
      await get(server.port, '/v/a');
      slowest = Math.max(slowest, performance.now() - start);
    }
    expect(await reloaded).toEqual({ status: 200, body: 'OK' });
    expect((await get(server.port, '/latest/containers/c19999/id')).body).toBe('9007199254760992');
    expect(slowest).toBeLessThan(1_000);
  });

  it('exits at the start if the file is invalid, and names the file', async () => {
    await expect(startStandAlone(resources, { text: '{' })).rejects.toThrow(/answers\.json: .*JSON/s);
  });

  it('trusts X-Forwarded-For with --xff only', async () => {
    const text = '{"v":{"default":{"who":"anybody"},"10.0.0.7":{"who":"seven"}}}';
    const as = { 'X-Forwarded-For': '10.0.0.7' };
    const plain = await startStandAlone(resources, { text });
    expect((await get(plain.port, '/v/who', as)).body).toBe('anybody');
    const believing = await startStandAlone(resources, { text, flags: ['--xff'] });
    expect((await get(believing.port, '/v/who', as)).body).toBe('seven');
    expect((await get(believing.port, '/v/who')).body).toBe('anybody');
  });

  it('answers long polls and exits at once on SIGTERM', async () => {
    const server = await startStandAlone(resources, { text: '{"v":{"default":{"a":"b"}}}' });
    const waiting = get(server.port, '/v/a?wait=true&value=b&maxWait=60');
    await poll(async () => (await get(server.port, '/v/a')).body === 'b', { what: 'an answer' });
    server.daemon.signal('SIGTERM');
    expect((await waiting).body).toBe('b');
    await server.daemon.exit;
  });
});
