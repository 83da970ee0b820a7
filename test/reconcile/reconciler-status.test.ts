import { expect, test } from 'vitest';
import { initialStatus, logStatusChange, type ReconcilerStatus } from '../../reconcile/reconciler-status.ts';
import type { Log } from '../../system/index.ts';

const OK = initialStatus('routes');
const failed = (what: string): Partial<ReconcilerStatus> => ({ lastError: { subject: 'routes', what, hint: 'none' } });
const conflict = { subject: 'route 10.42.1.0/24', what: 'belongs to another program', hint: 'remove it' };

test.each<[string, Partial<ReconcilerStatus>, Partial<ReconcilerStatus>, readonly string[]]>([
  ['nothing while nothing changes', {}, {}, []],
  ['a failure', {}, failed('no such device'), ['warn reconciling failed']],
  ['nothing while the same failure lasts', failed('no such device'), failed('no such device'), []],
  ['another failure', failed('no such device'), failed('not permitted'), ['warn reconciling failed']],
  ['the end of a failure', failed('no such device'), {}, ['info reconciling works again']],
  ['held deletions', {}, { held: ['a'] }, ['warn deletions are held back until they are confirmed']],
  ['nothing while deletions are held', { held: ['a'] }, { held: ['a', 'b'] }, []],
  ['a conflict', {}, { problems: [conflict] }, ['warn conflict']],
  ['nothing while the same conflict lasts', { problems: [conflict] }, { problems: [conflict] }, []],
  [
    'another conflict of the same subject',
    { problems: [conflict] },
    { problems: [{ ...conflict, what: 'is malformed' }] },
    ['warn conflict'],
  ],
  ['nothing at the end of a conflict', { problems: [conflict] }, {}, []],
])('logStatusChange() logs %s', (_title, before, after, expected) => {
  const lines: string[] = [];
  const record = (level: string) => (_fields: object, message: string) => void lines.push(`${level} ${message}`);
  const log = { warn: record('warn'), info: record('info') } as unknown as Log;
  logStatusChange(log, { ...OK, ...before }, { ...OK, ...after });
  expect(lines).toEqual(expected);
});
