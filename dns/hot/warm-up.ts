import { type FastAnswer, GENERAL_PATH } from '../query/fast-answer.ts';
import { canonicalQuery, wireName } from './canonical-query.ts';

/** A and AAAA, with what a query may bring along: what clients ask first. */
const TYPES = [1, 28];
/** After so many queries the loop is compiled for good. */
const ENOUGH = 20_000;
const CHECK_EVERY = 64;
/** Not of any container: anybody. */
const ANYBODY = 0;

/**
 * Asks for all names, as anybody would; then again until the compiler has seen enough. Ends when this thread has worked for
 * `budgetMs`: where others go first, that takes longer.
 */
export function warmUp(answer: FastAnswer, names: Iterable<string>, budgetMs: number): void {
  const until = workedMs() + budgetMs;
  const tx = new Uint8Array(2_048);
  const met: Uint8Array[] = [];
  let asked = 0;
  const ask = (query: Uint8Array): boolean => {
    if (answer(query, 0, query.length, ANYBODY, tx, 0) !== GENERAL_PATH && met.length < ENOUGH) met.push(query);
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

/** CPU time of this thread, milliseconds. */
function workedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
