import { createLog, type Log } from '../../system/index.ts';

/** A silent log; with DROVER_TEST_LOG=debug it prints everything. */
export function testLog(name: string): Log {
  const level = process.env.DROVER_TEST_LOG === 'debug' ? 'debug' : 'silent';
  return createLog(name, { level, format: 'json' });
}
