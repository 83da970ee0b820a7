import { afterAll, describe, expect, test } from 'vitest';
import { connectDrover, IPSEC, VXLAN, WIREGUARD } from '../../../bench/overlay/contestants/drover.ts';
import { connectIpsec } from '../../../bench/overlay/contestants/ipsec.ts';
import { connectVxlan } from '../../../bench/overlay/contestants/vxlan.ts';
import { connectWireguard } from '../../../bench/overlay/contestants/wireguard.ts';
import { measureThroughput, startServers, type Way } from '../../../bench/overlay/measure.ts';
import { createPair, type Pair } from '../../../bench/overlay/pair.ts';
import { measureProgramming } from '../../../bench/overlay/programming.ts';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';

// `npm run bench -- overlay` is the long form.
const LEAST_RATIO = 0.5;

describe.each([
  [VXLAN, connectVxlan],
  [WIREGUARD, connectWireguard],
  [IPSEC, connectIpsec],
] as const)('$name', (backend, connectByHand) => {
  const resources = createResources();
  afterAll(() => resources.close());

  test('carries half as much as the same tunnel by hand, and follows 1,000 peers', async () => {
    const pairs = [await createPair(resources, backend.mtu), await createPair(resources, backend.mtu)] as const;
    const [ends] = await Promise.all([connectDrover(resources, pairs[0], backend), connectByHand(pairs[1])]);
    const [ours, byHand] = pairs.map(wayOf) as [Way, Way];
    await Promise.all([startServers(resources, ours), startServers(resources, byHand)]);

    // Other tests take time from some of the measurements: the best of each kind count.
    let [best, bestByHand] = [0, 0];
    const isFast = async (): Promise<boolean> => {
      best = Math.max(best, await measureThroughput(ours, 1, 1));
      bestByHand = Math.max(bestByHand, await measureThroughput(byHand, 1, 1));
      return best >= LEAST_RATIO * bestByHand;
    };
    await poll(isFast, { what: `throughput of ${backend.name}`, timeoutMs: 20_000 });

    const { allMs, changeMs } = await measureProgramming(ends, backend, { peers: 1_000, changes: 9 });
    console.log(`${backend.name}: ${(best / bestByHand).toFixed(2)} of by hand, ${allMs.toFixed(0)} ms, ${changeMs}`);
    expect(allMs).toBeLessThan(20_000);
    expect(Math.min(...changeMs)).toBeLessThan(500);
  });
});

function wayOf([from, to]: Pair): Way {
  return { from: from.container, to: to.container };
}
