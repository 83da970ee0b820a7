import { writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { anyPair } from '../../test/sources/manifest/rancher/pairs.ts';

/** `write-pairs.ts FILE COUNT SEED`: writes random pairs of files for rancher-compose to read. */
const [path = 'pairs.json', count = '150', seed = '1'] = process.argv.slice(2);
const pairs = fc.sample(anyPair, { numRuns: Number(count), seed: Number(seed) });
writeFileSync(path, JSON.stringify(pairs));
