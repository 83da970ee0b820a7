/**
 * A process that sends requests one after the other on one connection, and prints several times a second which container answered when, as
 * JSON: `{"<body of the reply>": {"firstMs": ..., "lastMs": ...}}`. `firstMs` is when the first reply had come, `lastMs` when the last
 * request was sent, in milliseconds since the epoch.
 *
 *   node bench/lb/service-watch.ts URL HOST
 */
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Seen {
  readonly firstMs: number;
  readonly lastMs: number;
}

const [url = '', host = ''] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const seen = new Map<string, Seen>();
const nowMs = (): number => performance.timeOrigin + performance.now();

function ask(): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: { Host: host } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.once('end', () => resolve(response.statusCode === 200 ? text.trim() : '')).on('error', reject);
    }).on('error', reject);
  });
}

setInterval(() => console.log(JSON.stringify(Object.fromEntries(seen))), 50);
for (;;) {
  const lastMs = nowMs();
  const body = await ask().catch(() => '');
  if (body) seen.set(body, { firstMs: seen.get(body)?.firstMs ?? nowMs(), lastMs });
  else await sleep(10);
}
