import { expect } from 'vitest';
import { ShardedMap } from '../../model/index.ts';

/** For `toEqual`: a sharded map equals any map with the same entries. */
expect.addEqualityTesters([
  function (a, b, testers) {
    if (!(a instanceof ShardedMap || b instanceof ShardedMap)) return undefined;
    const [own, other] = [a, b].map((map) =>
      map instanceof ShardedMap || map instanceof Map ? Object.fromEntries(map) : map,
    );
    return this.equals(own, other, testers);
  },
]);
