import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { compare, type Recorded } from './comparison.ts';
import type { Pair } from './pairs.ts';

type RecordedPair = Pair & { readonly services: Readonly<Record<string, Recorded>> };

/** Written by scripts/record-rancher-compose. */
const PAIRS = JSON.parse(
  gunzipSync(readFileSync('test/fixtures/manifests/rancher-compose.json.gz')).toString(),
) as readonly RecordedPair[];

test('Drover makes of random pairs of files what rancher-compose makes of them', () => {
  const kinds = new Set<string>();
  for (const { compose, rancher, services } of PAIRS) {
    const { readings, problems } = compare({ compose, rancher }, services);
    expect(problems, `${compose}\n${rancher}`).toEqual([]);
    for (const { service, rancher: original, drover } of readings) {
      expect(drover, `${service} of\n${compose}\n${rancher}`).toEqual(original);
      kinds.add(String(original.kind));
    }
  }
  expect([...kinds].sort()).toEqual(['dnsService', 'externalService', 'loadBalancerService', 'service']);
});
