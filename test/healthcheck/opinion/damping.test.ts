import { expect, test } from 'vitest';
import { damp, UNDAMPED } from '../../../healthcheck/opinion/damping.ts';

const SETTINGS = { minHoldMs: 5_000, maxHoldMs: 30_000, quietMs: 600_000 };

/** `up@10 down@12`: what the checks say and when, in seconds. Gives what is believed after each. */
function play(script: string): string {
  let damped = UNDAMPED;
  return script
    .split(' ')
    .map((step) => {
      const [checked, at] = step.split('@');
      damped = damp(damped, checked as 'up' | 'down', SETTINGS, Number(at) * 1_000);
      return damped.state === 'down' && damped.heldUntilMs !== null
        ? `held-${damped.heldUntilMs / 1_000}`
        : damped.state;
    })
    .join(' ');
}

test.each([
  ['a target that was never up is believed at once', 'down@0 up@1', 'down up'],
  ['the first flap costs nothing', 'up@0 down@10 up@20', 'up down up'],
  ['the second one is held', 'up@0 down@10 up@20 down@30 up@40 up@44 up@45', 'up down up down held-45 held-45 up'],
  [
    'the hold doubles',
    'up@0 down@1 up@2 down@3 up@4 up@9 down@10 up@11 up@21 down@22 up@23 up@43',
    'up down up down held-9 up down held-21 up down held-43 up',
  ],
  [
    'the hold has a limit',
    'up@0 down@1 up@2 down@3 up@4 down@5 up@6 down@7 up@8 down@9 up@10 down@11 up@12',
    'up down up down held-9 down held-16 down held-28 down held-40 down held-42',
  ],
  [
    'a failure while held is a flap and starts again',
    'up@0 down@1 up@2 down@3 up@4 down@5 up@6',
    'up down up down held-9 down held-16',
  ],
  [
    'a quiet period forgets flaps',
    'up@0 down@1 up@2 down@3 up@8 up@13 down@700 up@701',
    'up down up down held-13 up down up',
  ],
  ['a long outage is a quiet period', 'up@0 down@1 up@2 down@3 up@603', 'up down up down up'],
  ['a target that stays down is one flap', 'up@0 down@1 down@2 down@3 up@4', 'up down down down up'],
])('damp(): %s', (_, script, states) => expect(play(script)).toBe(states));
