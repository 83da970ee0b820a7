import { parseArgs } from 'node:util';
import { runCampaign } from '../test/dns/fuzz/campaign.ts';
import { addToCorpus, readCorpus } from '../test/dns/fuzz/corpus.ts';
import { formatInput } from '../test/dns/fuzz/input.ts';
import { seeds } from '../test/dns/fuzz/seeds.ts';

/**
 * Sends malformed messages through both paths and checks every reply. Exits with 1 if a reply is wrong; prints its results also
 * when it is interrupted.
 *   npm run bench -- dns-fuzz [--packets 10000000] [--seed 1] [--guided 500000] [--corpus FILE] [--save] [--limit-ms 1]
 */
const { values } = parseArgs({
  options: {
    packets: { type: 'string', default: '10000000' },
    seed: { type: 'string', default: '1' },
    guided: { type: 'string', default: '500000' },
    corpus: { type: 'string', default: 'test/fixtures/dns-fuzz/corpus.txt' },
    save: { type: 'boolean', default: false },
    'limit-ms': { type: 'string', default: '1' },
  },
});

const MAX_GROWTH_BYTES = 8 * 1024 * 1024;
const packets = Number(values.packets);
const kept = await readCorpus(values.corpus);
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
const start = performance.now();
let told = 0;
const result = await runCampaign({
  packets,
  seed: Number(values.seed),
  guided: Number(values.guided),
  limitMs: Number(values['limit-ms']),
  corpus: [...seeds(), ...kept],
  signal: interrupted.signal,
  onProgress: (done, faults) => {
    if (done - told < 500_000) return;
    told = done;
    const megabytes = Math.round(process.memoryUsage().rss / 1024 / 1024);
    const seconds = Math.round((performance.now() - start) / 1_000);
    process.stderr.write(`${done} packets, ${seconds} s, ${faults.length} faults, ${megabytes} MB\n`);
  },
});
const seconds = (performance.now() - start) / 1_000;
const [early, late] = result.memoryBytes;
const growth = late - early;
for (const fault of result.faults) console.error(fault);
console.info(
  JSON.stringify({
    packets: result.packets,
    hot: result.hot,
    blocks: result.blocks,
    corpus: kept.length,
    found: result.found.length,
    faults: result.faults.length,
    slowestMs: Number(result.slowestMs.toFixed(3)),
    growthKilobytes: Math.round(growth / 1_024),
    seconds: Number(seconds.toFixed(1)),
  }),
);
if (values.save) await addToCorpus(values.corpus, result.found);
else for (const input of result.found.slice(0, 3)) console.info(`new: ${formatInput(input)}`);
if (result.faults.length > 0 || growth > MAX_GROWTH_BYTES) process.exitCode = 1;
