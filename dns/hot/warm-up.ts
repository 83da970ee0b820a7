import { type FastAnswer, GENERAL_PATH } from '../query/fast-answer.ts';
import { canonicalQuery, wireName } from './canonical-query.ts';

/** A without and AAAA with EDNS: the queries that clients send first. */
const TYPES = [1, 28];
/** After this many queries V8 has optimized the loop. */
const ENOUGH = 20_000;
const CHECK_EVERY = 64;
/** Not the address of a container. */
const STRANGER = 0;

/**
 * Queries all names from an unknown address, and repeats that until V8 has optimized the loop. Ends when this thread has used
 * `budgetMs` of CPU time, which may take longer beside other threads.
 */
export function warmUp(answer: FastAnswer, names: Iterable<string>, budgetMs: number): void {
  const until = workedMs() + budgetMs;
  const tx = new Uint8Array(2_048);
  const met: Uint8Array[] = [];
  let asked = 0;
  const ask = (query: Uint8Array): boolean => {
    if (answer(query, 0, query.length, STRANGER, tx, 0) !== GENERAL_PATH && met.length < ENOUGH) met.push(query);
    asked += 1;
    return asked % CHECK_EVERY !== 0 || workedMs() < until;
  };
  for (const name of names) {
    const wire = wireName(name);
    for (const type of wire ? TYPES : []) {
      const query = wire && canonicalQuery(wire, type, type === 1 ? 'none' : 'bare');
      if (query && !ask(query.bytes)) return;
    }
  }
  while (asked < ENOUGH && met.length > 0) if (!met.every(ask)) return;
}

/** CPU time of this thread in milliseconds. */
function workedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
