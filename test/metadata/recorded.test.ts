import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MetadataServer } from '../../metadata/index.ts';
import { createAnswersSource, parseAnswers, serveTrees } from '../../metadata/index.ts';
import { type Clock, createLog, systemClock } from '../../system/index.ts';
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
  waitOf,
} from './corpus.ts';
import type { RawReply } from './raw-http.ts';

/** The clock runs faster: a long poll of a minute takes three seconds. */
const HASTE = 20;
const hastyClock: Clock = {
  ...systemClock,
  monotonic: () => systemClock.monotonic() * HASTE,
  sleep: (ms, signal) => systemClock.sleep(ms / HASTE, signal),
};

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

  const replay = async (recorded: Recorded): Promise<{ reply: RawReply; virtualMs: number }> => {
    const start = performance.now();
    const sent = send(server.address.port, recorded);
    if (recorded.reload !== undefined) {
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

  it('are complete, and only the replies that closed the connection differ', () => {
    expect(corpus).toHaveLength(369);
    expect(corpus.filter(({ res }) => res.closed).map(({ id }) => id)).toEqual(Object.keys(FIXED));
    expect(server.stats().failed).toBe(0);
  });
});
