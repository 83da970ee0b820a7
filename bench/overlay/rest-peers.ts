/** Publishes the facts of hosts that do not exist, and answers the probes of the one that does: `node rest-peers.ts JSON`. */
import { createProber } from '../../overlay/index.ts';
import { systemClock as clock, createLog } from '../../system/index.ts';
import { publishHosts } from '../../test/support/consul-crowd.ts';
import { createResources } from '../../test/support/resources.ts';
import { type RestCrowd, restFacts, restPeers } from './rest-crowd.ts';

const { consul, count, address, real } = JSON.parse(process.argv[2] ?? '') as RestCrowd;
const peers = restPeers(count, real.subnet);
const log = createLog('peers', { level: 'error', format: 'json' });
for (const { id: hostId, gateway } of peers) {
  // A host with as many peers probes each of them so rarely.
  const prober = createProber({ clock, log }, { port: 7950, minIntervalMs: Math.max(1_000, count * 50) });
  const { gateway: to, subnet } = real;
  prober.update({ hostId, gateway }, [
    { hostId: real.hostId, gateway: to, subnets: [subnet], mtu: 1450, overheadBytes: 50 },
  ]);
}
const facts = new Map(peers.map((peer) => [peer.id, restFacts(peer, address)]));
await publishHosts(createResources(), { consul, namespace: 'drover', environment: 'default' }, facts);
