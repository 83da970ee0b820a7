import type Docker from 'dockerode';
import { expect, test } from 'vitest';
import { createConnection } from '../../../sources/docker/engine/connection.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { testLog } from '../../support/test-log.ts';

const docker = { modem: { socketPath: '/run/docker.sock' }, version: async () => ({ ApiVersion: '1.45' }) };

test('onConnection() is called when the connection is established and when it is lost, not for each failed attempt', async () => {
  const clock = createFakeClock();
  const states: boolean[] = [];
  const connection = createConnection(
    {
      docker: docker as unknown as Docker,
      clock,
      log: testLog('connection'),
      onConnection: () => void states.push(connection.status().connected),
    },
    { requestTimeoutMs: 1_000, firstWaitMs: 10, longestWaitMs: 10 },
  );
  const stop = new AbortController();
  let attempts = 0;
  const running = connection.run(async () => {
    attempts += 1;
    if (attempts === 3) for (let again = 0; again < 2; again++) connection.established();
    throw new Error('Docker stopped');
  }, stop.signal);
  await clock.advance(100);
  stop.abort();
  await running;
  expect(attempts).toBeGreaterThan(4);
  expect(states).toEqual([true, false]);
});
