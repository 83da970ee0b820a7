import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nameOfNext, nameOfOld, parseReplacementName } from '../../model/index.ts';
import {
  formatStep,
  isHandedOver,
  isReplaced,
  type ObservedContainer,
  planReplacement,
  planRestoration,
  planStartBeside,
  type Replacement,
  type Step,
} from '../../replacement/plan.ts';

const OLD_ID = 'a'.repeat(64);
const NEW_ID = 'b'.repeat(64);
const NETWORKS = { connect: ['back', 'side'], disconnect: ['bridge'] };
const old: ObservedContainer = {
  id: OLD_ID,
  name: 'web',
  isRunning: true,
  wasStarted: true,
  networks: ['back', 'side'],
};
const begin: Replacement = { own: 'web', old, next: null, isNameTaken: false };

/** What Docker shows after a step. */
function after(step: Step, { own, old, next, isNameTaken }: Replacement): Replacement {
  const change = (changes: Partial<ObservedContainer>): Replacement => {
    const of = 'container' in step ? step.container : 'next';
    const changed = of === 'old' ? { old: old && { ...old, ...changes } } : { next: next && { ...next, ...changes } };
    return { own, old, next, isNameTaken, ...changed };
  };
  switch (step.kind) {
    case 'create':
      return {
        own,
        old,
        isNameTaken,
        next: { id: NEW_ID, name: step.name, isRunning: false, wasStarted: false, networks: ['bridge'] },
      };
    case 'connect':
      return change({ networks: [...(next?.networks ?? []), step.network] });
    case 'disconnect':
      return change({ networks: (next?.networks ?? []).filter((network) => network !== step.network) });
    case 'stop':
      return change({ isRunning: false });
    case 'start':
      return change({ isRunning: true, wasStarted: true });
    case 'rename':
      return change({ name: step.name });
    case 'remove':
      return {
        own,
        old: step.container === 'old' ? null : old,
        next: step.container === 'next' ? null : next,
        isNameTaken,
      };
  }
}

/** The new container is known by its name, or by that of the old one. */
function seen(world: Replacement): Replacement {
  const { own, old, next } = world;
  const isKnown = next && (next.name !== own || old?.name === nameOfOld(own, next.id));
  return { ...world, next: isKnown ? next : null };
}

/** Takes the first step of each plan, at most `limit` steps. */
function walk(from: Replacement, plan: (observed: Replacement) => readonly Step[], limit = 20): Replacement {
  let observed = from;
  for (let taken = 0; taken < limit; taken += 1) {
    const [step] = plan(seen(observed));
    if (!step) return observed;
    observed = after(step, observed);
  }
  return observed;
}

const replace = (observed: Replacement) => planReplacement(observed, NETWORKS);
const complete = (observed: Replacement) => (isHandedOver(observed) ? replace(observed) : []);
const settle = (observed: Replacement) => (isReplaced(observed) ? replace(observed) : planRestoration(observed));

test('planReplacement() completes the new container before it stops the old one, and removes the old one last', () => {
  expect(replace(begin).map(formatStep)).toEqual([
    `create the new container as web.drover-replaces-${'a'.repeat(12)}`,
    'disconnect the new container from network bridge',
    'connect the new container to network back',
    'connect the new container to network side',
    'rename the old container to web.drover-replaced-by-(new id)',
    'rename the new container to web',
    'stop the old container',
    'start the new container',
    'remove the old container',
  ]);
  const end = walk(begin, replace);
  expect(end).toMatchObject({ old: null, next: { name: 'web', isRunning: true, networks: ['back', 'side'] } });
});

test('from any point of a replacement or its undoing, the plans end with one container that runs under its own name', () => {
  fc.assert(
    fc.property(fc.nat(9), fc.nat(4), fc.boolean(), (steps, undone, restarts) => {
      const reached = walk(begin, replace, steps);
      // A Docker that restarts starts the old container again if its restart policy says so.
      const restarted = restarts && reached.old ? { ...reached, old: { ...reached.old, isRunning: true } } : reached;
      const recovered = walk(walk(restarted, complete, undone), settle, undone);
      const { old, next } = walk(recovered, settle);
      const running = [old, next].filter((one) => one?.isRunning);
      expect([old, next].filter((one) => one !== null)).toEqual(running);
      expect(running.map((one) => one?.name)).toEqual(['web']);
    }),
    { seed: 7 },
  );
});

/** As a roll does it; the new container is ready as soon as it runs. */
const roll = (observed: Replacement) =>
  observed.old && !observed.next?.wasStarted ? planStartBeside(observed, NETWORKS) : replace(observed);

test('from any point of a roll or its undoing, a container runs, and the plans end with one under its own name', () => {
  fc.assert(
    fc.property(fc.nat(9), fc.nat(4), (steps, recovery) => {
      const runs = ({ old, next }: Replacement) => expect(old?.isRunning || next?.isRunning).toBe(true);
      const reached = walk(begin, roll, steps);
      const recovered = walk(walk(reached, complete, recovery), settle, recovery);
      for (let taken = 0; taken <= steps; taken += 1) runs(walk(begin, roll, taken));
      for (let taken = 0; taken < 10; taken += 1) runs(walk(recovered, settle, taken));
      const { old, next } = walk(recovered, settle);
      expect([old, next].filter((one) => one !== null).map(({ name, isRunning }) => `${name} ${isRunning}`)).toEqual([
        'web true',
      ]);
    }),
    { seed: 7 },
  );
});

test('isHandedOver() from the time when Docker may be asked to stop the old container', () => {
  const kinds: string[] = [];
  for (let steps = 0; steps < 10; steps += 1) {
    const reached = walk(begin, replace, steps);
    kinds.push(`${replace(seen(reached))[0]?.kind ?? 'end'} ${isHandedOver(seen(reached))}`);
  }
  expect(kinds.slice(-6)).toEqual([
    'rename false',
    'rename false',
    'stop true',
    'start true',
    'remove true',
    'end false',
  ]);
});

test('planRestoration() keeps a name of Drover as long as a step can fail, and starts nothing beside a container of that name', () => {
  const stopped = { ...old, isRunning: false };
  const next = { id: NEW_ID, name: nameOfNext('web', OLD_ID), isRunning: false, wasStarted: false, networks: [] };
  const renamed = { ...stopped, name: nameOfOld('web', NEW_ID) };
  const steps = (observed: Replacement) => planRestoration(observed).map(({ kind }) => kind);
  expect(steps({ ...begin, old: stopped, next })).toEqual(['start', 'remove']);
  expect(steps({ ...begin, old: renamed, next: { ...next, name: 'web' } })).toEqual(['start', 'remove', 'rename']);
  expect(steps({ ...begin, old: renamed, next, isNameTaken: true })).toEqual(['remove', 'rename', 'start']);
  expect(steps({ ...begin, old: null, next })).toEqual(['remove']);
  // The new one has the ports of the old one.
  const running = { ...next, name: 'web', isRunning: true, wasStarted: true };
  expect(steps({ ...begin, old: renamed, next: running })).toEqual(['remove', 'start', 'rename']);
  expect(steps(begin)).toEqual([]);
});

test('names are read as they are written, and others are not names of a replacement', () => {
  expect(parseReplacementName(nameOfOld('web-1', NEW_ID))).toEqual({
    own: 'web-1',
    role: 'old',
    otherId: 'b'.repeat(12),
  });
  expect(parseReplacementName(nameOfNext('a.b_c', OLD_ID))).toEqual({
    own: 'a.b_c',
    role: 'next',
    otherId: 'a'.repeat(12),
  });
  const nested = nameOfOld(nameOfNext('web', OLD_ID), NEW_ID);
  expect(parseReplacementName(nested)?.own).toBe(nameOfNext('web', OLD_ID));
  for (const name of [
    'web',
    '',
    '.drover-replaces-aaaaaaaaaaaa',
    'web.drover-replaces-AAAAAAAAAAAA',
    'web.drover-replaces-aaaa',
  ])
    expect(parseReplacementName(name)).toBeNull();
});
