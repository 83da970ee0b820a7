/**
 * `npm run bench -- memory`: the memory of an agent and its two servers that know 20,000 containers (4,000 services on 401
 * hosts), from their disk mirror: Docker and the bus do not answer. In megabytes, with what an empty Node process takes.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { mirrorFile } from '../agent/index.ts';
import { isJsonObject, type JsonValue } from '../model/index.ts';
import { openMirror } from '../state/index.ts';
import { startAgent } from '../test/support/agent.ts';
import { startDaemon } from '../test/support/daemon.ts';
import { poll } from '../test/support/poll.ts';
import { createResources } from '../test/support/resources.ts';
import { createTestHost } from '../test/support/test-host.ts';
import { largeSet } from './support/data-set.ts';
import { type HostFacts, hostsOf, OWN_HOST } from './support/facts.ts';
import { printRow } from './support/report.ts';

const HOST_ID = '00000000-0000-4000-8000-000000000001';

await using resources = createResources();
// Fills the compile cache: a process that compiles TypeScript itself keeps the compiler's 20 MB.
await execa(process.execPath, ['deploy/precompile.ts'], { stdout: 'ignore' });
const host = await createTestHost(resources, 'memory');
const dataDir = join(host.dir, 'drover/data');
await mkdir(dataDir, { recursive: true });
await writeFile(join(dataDir, 'host-id'), `${HOST_ID}\n`);
saveMirror();
const config = {
  host: { address: '192.0.2.1' },
  network: { enabled: false },
  // Nothing listens there, so that the facts of all hosts stay as they were saved.
  bus: { driver: 'consul', consul: { addresses: ['http://127.0.0.1:1'] } },
};
const agent = await startAgent(resources, host, null, { config, until: 'control' });
const serving = async () => {
  const { processes } = await agent.status();
  return processes.length === 2 && processes.every(({ serving }) => serving) ? processes : null;
};
const servers = await poll(serving, { what: 'both servers', timeoutMs: 60_000, giveUp: agent.daemon.assertRunning });
const { stdout } = await agent.drover(['services', '--json']);
await new Promise((resolve) => setTimeout(resolve, 5_000));

const { length: services } = JSON.parse(stdout) as readonly unknown[];
if (services < 4_000) throw new Error(`the agent knows only ${services} services`);
console.log(`${services} services\n`);
const empty = startDaemon(process.execPath, ['-e', 'console.log("up"); setInterval(() => undefined, 1e6)']);
resources.add('empty Node', () => empty.stop());
await poll(() => empty.stdout().includes('up'), { what: 'an empty Node process', giveUp: empty.assertRunning });
printRow(['process', 'MB']);
printRow(['---', '---']);
for (const { name, pid } of [{ name: 'agent', ...agent.daemon }, ...servers, { name: 'empty Node', ...empty }])
  printRow([name, await megabytes(pid)]);

async function megabytes(pid: number | null): Promise<string> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return (Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1e3).toFixed(0);
}

function saveMirror(): void {
  const hosts = [...hostsOf(largeSet())].map(
    ([id, facts]) => [id === OWN_HOST ? HOST_ID : id, factsOf(id, facts)] as const,
  );
  const picture = { hosts: new Map(hosts), documents: new Map(), complete: true };
  const environment = { name: 'default', uuid: '', suffixes: [] };
  const mirror = openMirror(mirrorFile({ dataDir }));
  mirror.save({ environment, hostId: HOST_ID, revision: 1, picture, savedAtMs: Date.now() });
  mirror.close();
}

/** The id of a host must be a UUID on the host itself. */
function factsOf(id: string, facts: HostFacts): ReadonlyMap<string, JsonValue> {
  const entries = Object.entries(facts);
  return new Map(id === OWN_HOST ? entries.map(([key, value]) => [key, ownFact(key, value)]) : entries);
}

function ownFact(key: string, value: JsonValue): JsonValue {
  if (!isJsonObject(value)) return value;
  return key === 'host' ? { ...value, id: HOST_ID } : { ...value, hostId: HOST_ID };
}
