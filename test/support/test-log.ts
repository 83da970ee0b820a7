import { createLog, type Log } from '../../system/index.ts';

/** A log that says nothing, or everything with DROVER_TEST_LOG=debug. */
export function testLog(name: string): Log {
  const level = process.env.DROVER_TEST_LOG === 'debug' ? 'debug' : 'silent';
  return createLog(name, { level, format: 'json' });
}
