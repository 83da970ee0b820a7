/**
 * The same lookups with Node: `dns.lookup` (getaddrinfo on a thread pool) and Node's own c-ares resolver in turn. The latter has
 * no search list, so it looks up only absolute names.
 *   node node-lookups.ts CLIENT NAMES LOOKUPS AT_ONCE
 */
import { lookup, Resolver } from 'node:dns/promises';
import { readFileSync } from 'node:fs';

const [client = 'node', file = '', wanted = '0', atOnce = '1'] = process.argv.slice(2);
const STALL_MS = 1_000;
const resolver = new Resolver();
const expected = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .map((line) => line.split(' ') as [name: string, addresses: string]);

const latencies: number[] = [];
const failures: string[] = [];
let failed = 0;
let stalled = 0;
let begun = 0;

const codeOf = (error: unknown) => String((error as NodeJS.ErrnoException).code);
const isMissing = (error: unknown) => ['ENOTFOUND', 'ENODATA'].includes(codeOf(error));

/** Returns the addresses; none if the name does not exist. */
async function byLookup(name: string): Promise<readonly string[]> {
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function byResolver(name: string): Promise<readonly string[]> {
  const asked = [resolver.resolve4(name), resolver.resolve6(name)].map((found) =>
    found.catch((error: unknown) => {
      if (isMissing(error)) return [] as string[];
      throw error;
    }),
  );
  return (await Promise.all(asked)).flat();
}

async function lookUpOne(number: number): Promise<void> {
  const [name, addresses] = expected[number % expected.length] ?? ['', ''];
  const allowed = addresses === '-' ? [] : addresses.split(',');
  const absolute = name.endsWith('.') && Math.floor(number / expected.length) % 2 === 1;
  const began = performance.now();
  let fault = '';
  try {
    const found = absolute ? await byResolver(name) : await byLookup(name);
    if (!found.every((address) => allowed.includes(address))) fault = `it is not ${found.join()}`;
    if (found.length === 0 && allowed.length > 0) fault = 'no addresses';
  } catch (error) {
    fault = codeOf(error);
  }
  const took = performance.now() - began;
  latencies.push(took);
  if (fault) failed += 1;
  if (took > STALL_MS) stalled += 1;
  if ((fault || took > STALL_MS) && failures.length < 10)
    failures.push(`${name} after ${took.toFixed(0)} ms: ${fault || 'stalled'}`);
}

async function work(): Promise<void> {
  while (begun < Number(wanted)) {
    begun += 1;
    await lookUpOne(begun - 1);
  }
}

await Promise.all(Array.from({ length: Number(atOnce) }, work));
latencies.sort((a, b) => a - b);
const at = (share: number) => latencies[Math.floor((latencies.length - 1) * share)] ?? 0;
console.log(
  JSON.stringify({
    ...{ client, lookups: latencies.length, failed, stalled },
    ...{ p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1), failures },
  }),
);
