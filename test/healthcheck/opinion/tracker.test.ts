import { expect, test } from 'vitest';
import { type Tracked, track, UNTRACKED } from '../../../healthcheck/opinion/tracker.ts';

const THRESHOLDS = { rise: 2, fall: 3, intervalMs: 1_000 };

/**
 * Plays results, one a second. `P` passed and `F` failed, `u` and `d` the state of HAProxy after it (none: a prober that does not count); `+`: the server was added again, and
 * its first result comes at once; `U` and `D`: observed. Gives the state after each.
 */
function play(script: string): string {
  let tracked: Tracked = UNTRACKED;
  let nowMs = 0;
  let stepMs = 1_000;
  const states: string[] = [];
  for (const step of script.split(' ')) {
    if (step === '+') {
      tracked = track(tracked, { kind: 'added' }, THRESHOLDS, nowMs);
      stepMs = 100;
      continue;
    }
    nowMs += stepMs;
    stepMs = 1_000;
    const [first = '', second] = step;
    const isObserved = first === 'U' || first === 'D';
    const event = isObserved
      ? ({ kind: 'observed', up: first === 'U', text: step } as const)
      : ({
          kind: 'result',
          passed: first === 'P',
          up: second === undefined ? null : second === 'u',
          text: step,
        } as const);
    tracked = track(tracked, event, THRESHOLDS, nowMs);
    expect(tracked.text === step || isObserved).toBe(true);
    states.push(tracked.state);
  }
  return states.join(' ');
}

test.each([
  ['the first result decides', 'Pu', 'up'],
  ['the first result decides', 'Fd', 'down'],
  ['fall failures in a row', 'Pu Fu Fu Fd', 'up up up down'],
  ['fall failures and rise passes of a prober that does not count', 'P F F F P P', 'up up up down down up'],
  [
    'the first result decides, a pass between starts from zero',
    'F P F P P F F P F F',
    'down down down down up up up up up up',
  ],
  ['a pass between starts from zero', 'Pu Fu Fu Pu Fu Fu Fd', 'up up up up up up down'],
  ['rise passes in a row', 'Fd Pd Pu', 'down down up'],
  ['a failure between starts from zero', 'Fd Pd Fd Pd Pu', 'down down down down up'],
  ['failures before HAProxy started again count', 'Pu Fu Fu + Fu Fu', 'up up up up down'],
  ['passes before HAProxy started again count', 'Fd Pd + Pd Pu', 'down down down up'],
  ['an extra result at once after the start is not counted', 'Pu Fu + Fu + Fu + Fu', 'up up up up up'],
  ['the results that follow it are counted', 'Pu Fu + Fu Fu Fu', 'up up up up down'],
  ['a pass after the start counts from zero', 'Pu Fu Fu + Pu Fu Fu Fd', 'up up up up up up down'],
  ['the first result after the start of an unknown target decides', '+ Fd', 'down'],
  ['HAProxy counts on its own as well', 'Pu Fu + Fu + Fd', 'up up up down'],
  ['a missed change is observed', 'Pu D U', 'up down up'],
  ['an observed state that is known changes no count', 'Pu Fu U Fu Fd', 'up up up up down'],
  ['an observed change starts from zero', 'Pu D Pd Pu', 'up down down up'],
])('track(): %s: %s', (_, script, states) => expect(play(script)).toBe(states));
