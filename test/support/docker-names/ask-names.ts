/**
 * Runs as a separate process inside the network namespace of a container. Reads names as a JSON list from standard input, asks each
 * server for the A records of each name, and prints `{[server]: {[name]: sorted addresses}}`. A server that does not answer is null.
 *
 *   node ask-names.ts SERVER...
 */
import { createSocket } from 'node:dgram';
import { text } from 'node:stream/consumers';
import dns2 from 'dns2';

const { Packet } = dns2;
const { CLASS, TYPE } = Packet;

const TRIES = 4;
const TRY_MS = 700;
const AT_A_TIME = 40;
const names = JSON.parse(await text(process.stdin)) as readonly string[];
const answers = await Promise.all(process.argv.slice(2).map(async (server) => [server, await askAll(server)] as const));
process.stdout.write(JSON.stringify(Object.fromEntries(answers)));

async function askAll(server: string): Promise<Record<string, readonly string[]> | null> {
  const found: Record<string, readonly string[]> = {};
  for (let at = 0; at < names.length; at += AT_A_TIME) {
    const some = names.slice(at, at + AT_A_TIME);
    const answered = await Promise.all(some.map((name) => ask(server, name)));
    for (const [index, addresses] of answered.entries()) {
      if (addresses === null) return null;
      found[some[index] ?? ''] = addresses;
    }
  }
  return found;
}

async function ask(server: string, name: string): Promise<readonly string[] | null> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const addresses = await once(server, name);
    if (addresses !== null) return addresses;
  }
  return null;
}

function once(server: string, name: string): Promise<readonly string[] | null> {
  const packet = new Packet();
  packet.header.id = Math.floor(Math.random() * 65_536);
  packet.header.rd = 1;
  packet.questions.push({ name, type: TYPE.A, class: CLASS.IN } as (typeof packet.questions)[number]);
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const end = (answer: readonly string[] | null): void => {
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    const timer = setTimeout(() => end(null), TRY_MS);
    socket.on('error', () => end(null));
    socket.on('message', (bytes) => {
      const addresses = Packet.parse(bytes).answers.flatMap((one) => ('address' in one ? [String(one.address)] : []));
      end([...new Set(addresses)].sort());
    });
    socket.send(packet.toBuffer(), 53, server, (error) => {
      if (error) end(null);
    });
  });
}
