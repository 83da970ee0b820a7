import { createSocket } from 'node:dgram';
import { connect } from 'node:net';

// Asks a source-echo server and prints its answer: `node source-ask.ts TIMEOUT_MS tcp:ADDRESS:PORT ...`; one line each.
const timeoutMs = Number(process.argv[2]);
const asked = process.argv.slice(3).map(async (spec) => {
  const [protocol = '', address = '', port = ''] = spec.split(':');
  const answer = protocol === 'tcp' ? askTcp(address, Number(port)) : askUdp(address, Number(port));
  return await answer.catch((error: Error) => `failed: ${error.message}`);
});
for (const answer of await Promise.all(asked)) console.log(answer.trim());

function askTcp(address: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect({ host: address, port, timeout: timeoutMs });
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    socket.on('timeout', () => socket.destroy(new Error(`no answer from tcp ${address}:${port}`)));
    socket.on('error', reject);
    socket.on('end', () => resolve(text));
  });
}

function askUdp(address: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      socket.close();
      settle();
    };
    const fail = (error: Error): void => end(() => reject(error));
    const timer = setTimeout(() => fail(new Error(`no answer from udp ${address}:${port}`)), timeoutMs);
    socket.on('error', fail);
    socket.on('message', (message) => end(() => resolve(message.toString())));
    // A connected socket accepts replies only from the queried address, as resolvers do.
    socket.connect(port, address, ((error?: Error) => (error ? fail(error) : socket.send('who am I'))) as () => void);
  });
}
