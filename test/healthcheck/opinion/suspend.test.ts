import { expect, test } from 'vitest';
import { NOT_SUSPENDED, suspend } from '../../../healthcheck/opinion/suspend.ts';

/** `5- @2 3+`: five targets go down, two seconds pass, three of them come up again; `2x`: two are no targets any more. */
function play(targets: number, script: string, windowMs = 2_000): string {
  const up = Array.from({ length: targets }, (_, n) => `t${n}`);
  const down: string[] = [];
  let state = NOT_SUSPENDED;
  let nowMs = 0;
  const states: string[] = [];
  for (const step of script.split(' ')) {
    if (step.startsWith('@')) {
      nowMs += Number(step.slice(1)) * 1_000;
      continue;
    }
    for (let count = Number.parseInt(step, 10); count > 0; count -= 1) {
      const kind = step.at(-1);
      const id = (kind === '-' ? up : down).shift() as string;
      if (kind === '-') down.push(id);
      if (kind === '+') up.push(id);
      const change = kind === '-' ? 'down' : kind === '+' ? 'up' : null;
      state = suspend(state, { changes: new Map([[id, change]]), upCount: up.length, windowMs, nowMs });
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
  [10, '3- @1 3-', 'votes silent'],
  [10, '3- @3 3-', 'votes votes'],
  [10, '8- 2+ 1+', 'silent silent votes'],
  [10, '8- @600 2+ 1+', 'silent silent votes'],
  [10, '8- 6x', 'silent votes'],
  [10, '8- 3+ @5 3- 1-', 'silent votes votes silent'],
  [10, '4- @5 3-', 'votes votes'],
  [10, '8- 3+ 1-', 'silent votes silent'],
  [0, '', 'votes'],
])('suspend(): of %i targets, %s: %s', (targets, script, states) => expect(play(targets, script)).toBe(states));
