/**
 * Runs as a separate process inside a network namespace: sends HTTP requests, byte for byte, one after the other on one connection,
 * each once the reply to the one before is complete. Prints the replies as JSON: `[{"status", "headers", "body"}]`.
 *
 *   node raw-client.ts ADDRESS PORT REQUESTS_AS_JSON
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { parseReply } from '../metadata/raw-http.ts';

const [address = '', port = '', requests = '[]'] = process.argv.slice(2);
const socket = connect(Number(port), address);
const replies = [];
for (const request of JSON.parse(requests) as readonly string[]) {
  socket.write(request);
  let bytes = Buffer.alloc(0);
  let parsed = parseReply(bytes);
  while (!parsed?.complete) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    bytes = Buffer.concat([bytes, chunk]);
    parsed = parseReply(bytes);
  }
  replies.push(parsed.reply);
}
socket.destroy();
console.log(JSON.stringify(replies));
