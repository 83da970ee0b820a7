/**
 * `npm run bench -- memory`: the memory of an agent and its two servers that know 20,000 containers (4,000 services), from
 * their disk mirror. No Docker. In megabytes, with what an empty Node process takes.
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
import { hostsOf } from './support/facts.ts';
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
const config = { host: { address: '192.0.2.1' }, network: { enabled: false } };
const agent = await startAgent(resources, host, null, { config, until: 'control' });
const serving = async () => {
  const { processes } = await agent.status();
  return processes.length === 2 && processes.every(({ serving }) => serving) ? processes : null;
};
const servers = await poll(serving, { what: 'both servers', timeoutMs: 60_000, giveUp: agent.daemon.assertRunning });
const { stdout } = await agent.drover(['services', '--json']);
await new Promise((resolve) => setTimeout(resolve, 5_000));

console.log(`${(JSON.parse(stdout) as readonly unknown[]).length} services\n`);
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

/** All containers are on this host: without Docker the agent keeps what it last knew of them. */
function saveMirror(): void {
  const facts = [...hostsOf(largeSet())].flatMap(([, ofHost]) => Object.entries(ofHost));
  const own = facts.map(([key, value]): [string, JsonValue] => [key, ownFact(key, value)]);
  const picture = { hosts: new Map([[HOST_ID, new Map(own)]]), documents: new Map(), complete: true };
  const environment = { name: 'default', uuid: '', suffixes: [] };
  const mirror = openMirror(mirrorFile({ dataDir }));
  mirror.save({ environment, hostId: HOST_ID, revision: 1, picture, savedAtMs: Date.now() });
  mirror.close();
}

function ownFact(key: string, value: JsonValue): JsonValue {
  if (!isJsonObject(value)) return value;
  return key === 'host' ? { ...value, id: HOST_ID } : { ...value, hostId: HOST_ID };
}
