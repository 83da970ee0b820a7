import { expect, test } from 'vitest';
import { NOT_SUSPENDED, suspend } from '../../../healthcheck/opinion/suspend.ts';

/**
 * `5- @2 3+`: five targets go down, two seconds pass, three of them come up again; `2x`: two are no targets any more. `4?`: four that are up
 * fail, and go down first from now on; `4!`: they pass again.
 */
function play(targets: number, script: string, isOwn = () => false): string {
  const windowMs = 2_000;
  const up = Array.from({ length: targets }, (_, n) => `t${n}`);
  const down: string[] = [];
  let state = NOT_SUSPENDED;
  let failingCount = 0;
  let nowMs = 0;
  const states: string[] = [];
  for (const step of script.split(' ')) {
    if (step.startsWith('@')) {
      nowMs += Number(step.slice(1)) * 1_000;
      state = suspend(state, { changes: new Map(), upCount: up.length, failingCount, isOwn, windowMs, nowMs });
      states.push(state.suspended ? 'silent' : 'votes');
      continue;
    }
    for (let count = Number.parseInt(step, 10); count > 0; count -= 1) {
      const kind = step.at(-1);
      if (kind === '?' || kind === '!') {
        failingCount += kind === '?' ? 1 : -1;
        state = suspend(state, { changes: new Map(), upCount: up.length, failingCount, isOwn, windowMs, nowMs });
        continue;
      }
      const id = (kind === '-' ? up : down).shift() as string;
      if (kind === '-') {
        down.push(id);
        failingCount = Math.max(0, failingCount - 1);
      }
      if (kind === '+') up.push(id);
      const change = kind === '-' ? 'down' : kind === '+' ? 'up' : null;
      state = suspend(state, {
        changes: new Map([[id, change]]),
        upCount: up.length,
        failingCount,
        isOwn,
        windowMs,
        nowMs,
      });
    }
    states.push(state.suspended ? 'silent' : 'votes');
  }
  return states.join(' ');
}

test.each([
  [10, '5-', 'votes'],
  [10, '6-', 'silent'],
  [10, '10-', 'silent'],
  [3, '3-', 'votes'],
  [4, '4-', 'silent'],
  [7, '3- 1-', 'votes silent'],
  [10, '3- @1 3-', 'votes votes silent'],
  [10, '3- @3 3-', 'votes votes votes'],
  [10, '4- @5 3-', 'votes votes votes'],
  [10, '8- @600 2+', 'silent silent silent'],
  [10, '8- 3+ @1 @1', 'silent silent silent votes'],
  [10, '8- 3+ @1 1- @1 1+ @1 @1', 'silent silent silent silent silent silent silent votes'],
  [10, '8- 8+', 'silent votes'],
  [10, '8- 8x', 'silent votes'],
  [10, '8- 6x @2', 'silent silent votes'],
  [10, '8- 3+ @2 @5 3- 1-', 'silent silent votes votes votes silent'],
  [10, '8- @29 @2', 'silent silent silent'],
  [10, '10?', 'votes'],
  [10, '6? 1- 5-', 'votes silent silent'],
  [10, '5? 1- 4-', 'votes votes votes'],
  [10, '6? 1- 5! @2', 'votes silent silent votes'],
  [3, '3? 1-', 'votes votes'],
  [4, '4? 1- 3-', 'votes silent silent'],
  [0, '', 'votes'],
])('suspend(): of %i targets, %s: %s', (targets, script, states) => expect(play(targets, script)).toBe(states));

test('suspend(): losses of containers of this host count after 30 s', () => {
  expect(play(10, '8- @29 @2', () => true)).toBe('silent silent votes');
});
