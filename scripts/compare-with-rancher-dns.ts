import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DIFFERENCES, explanationOf } from '../test/dns/answers-file/differences.ts';
import { QUESTIONS, RECORDED_FILE, writeRecorded } from '../test/dns/answers-file/recorded.ts';
import { type Asked, isSame, type PlainReply, plainReply } from '../test/dns/answers-file/reply.ts';
import { shopFile, startInternet, startStandAlone } from '../test/dns/answers-file/stand-alone.ts';
import { poll } from '../test/support/poll.ts';
import { createResources, type Resources } from '../test/support/resources.ts';

// Sends the same queries to a rancher-dns binary (RANCHER_DNS_BIN) and to `drover dns --answers`. Prints how many replies differ and
// why; a difference that docs/rancher-dns.md does not list is a failure. With --record the replies of rancher-dns are stored for
// the tests.

const original = process.env.RANCHER_DNS_BIN;
if (!original) {
  console.error('set RANCHER_DNS_BIN to a compiled rancher-dns');
  process.exit(64);
}

await using resources = createResources();
const upstream = await startInternet(resources);
const file = await shopFile(upstream.at);
const theirPort = await startOriginal(resources, original, file);
const { port: ourPort } = await startStandAlone(resources, { text: file });

const recorded: (Asked & { readonly theirs: PlainReply })[] = [];
const counts = new Map<string, number>();
for (const asked of QUESTIONS) {
  const theirs = await plainReply(theirPort, asked);
  const ours = await plainReply(ourPort, asked);
  recorded.push({ ...asked, theirs });
  const why = isSame(theirs, ours) ? 'the same' : explanationOf(asked, theirs, ours)?.title;
  counts.set(why ?? 'UNEXPLAINED', (counts.get(why ?? 'UNEXPLAINED') ?? 0) + 1);
  if (why) continue;
  console.log(`${asked.from} ${asked.name} ${asked.type}\n  theirs: ${text(theirs)}\n  ours:   ${text(ours)}`);
  process.exitCode = 1;
}
for (const title of ['the same', ...DIFFERENCES.map((one) => one.title), 'UNEXPLAINED'])
  console.log(`${String(counts.get(title) ?? 0).padStart(6)}  ${title}`);
if (process.argv.includes('--record')) await writeFile(RECORDED_FILE, writeRecorded(recorded));

function text(reply: PlainReply): string {
  return JSON.stringify(reply);
}

async function startOriginal(of: Resources, program: string, answers: string): Promise<number> {
  const dir = await mkdtemp(join(tmpdir(), 'drover-compare-'));
  of.add('directory', () => rm(dir, { recursive: true, force: true }));
  const path = join(dir, 'answers.yaml');
  await writeFile(path, answers);
  const [port, reload] = [await freePort(), await freePort()];
  const where = ['-listen', `127.0.0.1:${port}`, '-listenReload', `127.0.0.1:${reload}`, '-answers', path];
  const child: ChildProcess = spawn(program, where, { stdio: 'ignore', cwd: dir });
  of.add(program, async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  const ready = { name: 'web.shop.rancher.internal', type: 'A', from: '127.0.0.99' };
  await poll(() => plainReply(port, ready), { what: program, timeoutMs: 30_000 });
  return port;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  server.close();
  await once(server, 'close');
  return typeof bound === 'object' && bound ? bound.port : 0;
}
