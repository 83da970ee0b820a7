import { type Profiler, Session } from 'node:inspector';

/** Block coverage, as counted by V8. */
export interface Coverage {
  /** Blocks that ran for the first time since the last call. */
  fresh(): readonly string[];
  /** Which of these blocks ran since the last call. */
  hit(blocks: readonly string[]): readonly string[];
  total(): number;
  close(): void;
}

/** Counts blocks of the selected files. Slows down all code, so it is used in guided runs only. */
export function startCoverage(isOurs: (url: string) => boolean): Coverage {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const known = new Set<string>();
  const look = (): ReadonlySet<string> => {
    let scripts: readonly Profiler.ScriptCoverage[] = [];
    // Within one thread the result is there at once. The counters are reset.
    session.post('Profiler.takePreciseCoverage', (error, taken) => {
      if (error) throw error;
      scripts = taken.result;
    });
    return new Set(scripts.filter(({ url }) => isOurs(url)).flatMap(blocksOf));
  };
  return {
    fresh: () => {
      const blocks = [...look()].filter((block) => !known.has(block));
      for (const block of blocks) known.add(block);
      return blocks;
    },
    hit: (blocks) => {
      const ran = look();
      return blocks.filter((block) => ran.has(block));
    },
    total: () => known.size,
    close: () => session.disconnect(),
  };
}

function blocksOf({ url, functions }: Profiler.ScriptCoverage): readonly string[] {
  return functions.flatMap(({ ranges }) =>
    ranges.filter(({ count }) => count > 0).map(({ startOffset, endOffset }) => `${url} ${startOffset} ${endOffset}`),
  );
}
