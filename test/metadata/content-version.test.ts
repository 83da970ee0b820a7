import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTrees, NEWEST, type Value } from '../../metadata/index.ts';
import { ShardedMap, type Snapshot } from '../../model/index.ts';
import { type HostView, viewOf } from '../../view/index.ts';
import { anyStep, apply } from '../view/steps.ts';
import { snapshot } from '../view/world.ts';

type Trees = ReturnType<typeof createTrees>;

const read = (trees: Trees, view: HostView, key: string): Value | undefined => trees(view, NEWEST, null)[key];
const lists = ['containers', 'services', 'stacks', 'hosts', 'networks'];
const content = (trees: Trees, view: HostView): string => JSON.stringify(lists.map((key) => read(trees, view, key)));

test('after any sequence of changes, `version` and lists equal those of a new tree, and change together', () => {
  const walk = fc.array(anyStep, { minLength: 1, maxLength: 25 });
  fc.assert(
    fc.property(walk, fc.boolean(), fc.nat(), (steps, sharded, pick) => {
      const empty = snapshot({});
      let now: Snapshot = sharded ? { ...empty, hosts: ShardedMap.empty(4) } : empty;
      let view = viewOf(now, 'a');
      const trees = createTrees();
      /** Every view of the sequence with its `version` and content. */
      const seen: { readonly view: HostView; readonly version: Value | undefined; readonly content: string }[] = [];
      for (const step of steps) {
        now = apply(now, step);
        view = viewOf(now, 'a', view);
        const version = read(trees, view, 'version');
        expect(version).toBe(read(createTrees(), view, 'version'));
        expect(content(trees, view)).toBe(content(createTrees(), view));
        seen.push({ view, version, content: content(trees, view) });
      }
      for (const { version, content } of seen)
        for (const other of seen) if (content !== other.content) expect(version).not.toBe(other.version);
      // A pinned state is read again after newer states.
      const kept = seen[pick % seen.length];
      const again = kept && viewOf(kept.view.snapshot, 'a');
      if (again) expect(read(trees, again, 'version')).toBe(kept.version);
    }),
    { numRuns: 150 },
  );
});
