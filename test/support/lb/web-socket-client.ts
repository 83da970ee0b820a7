import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { openRequest } from './exchange.ts';
import type { LoadTarget } from './load.ts';
import { LoadError } from './tally.ts';
import { CLOSE, encodeFrame, type Frame, frameReader, TEXT } from './web-socket.ts';

export interface WebSocketSession {
  /** How long messages are sent before the client closes. */
  readonly lifeMs: number;
  readonly messageEveryMs: number;
  readonly timeoutMs: number;
  readonly onMessage: () => void;
  readonly signal: AbortSignal;
}

/** Opens a WebSocket, compares the echo of each message, and closes it in the end; gives the id of the app. */
export async function holdWebSocket(target: LoadTarget, session: WebSocketSession): Promise<string> {
  const socket = await openWebSocket(target, session);
  try {
    return await converse(socket, target, session);
  } finally {
    socket.destroy();
  }
}

function openWebSocket(target: LoadTarget, { timeoutMs }: WebSocketSession): Promise<Duplex> {
  const key = randomBytes(16).toString('base64');
  const headers = {
    ...{ Connection: 'Upgrade', Upgrade: 'websocket' },
    ...{ 'Sec-WebSocket-Key': key, 'Sec-WebSocket-Version': '13' },
  };
  const request = openRequest(target, { method: 'GET', path: '/ws', headers, timeoutMs });
  return new Promise((resolve, reject) => {
    request.on('error', reject);
    request.once('response', ({ statusCode }) => {
      request.destroy();
      reject(new LoadError('status', `status ${statusCode} instead of an upgrade`));
    });
    request.once('upgrade', (_response, socket, head) => {
      request.setTimeout(0);
      socket.unshift(head);
      resolve(socket);
    });
    request.end();
  });
}

function converse(socket: Duplex, target: LoadTarget, session: WebSocketSession): Promise<string> {
  const { lifeMs, messageEveryMs, timeoutMs, onMessage, signal } = session;
  const endAt = performance.now() + lifeMs;
  let [sent, id, closing] = [0, '', false];
  return new Promise((resolve, reject) => {
    const late = () => reject(new LoadError('timeout', `no echo of a WebSocket for ${timeoutMs} ms`));
    let deadline: NodeJS.Timeout;
    const send = (frame: Frame): void => {
      socket.write(encodeFrame(frame, { masked: true }));
      deadline = setTimeout(late, timeoutMs);
    };
    const next = (): void => {
      closing = performance.now() >= endAt || signal.aborted;
      sent += 1;
      send(closing ? { opcode: CLOSE, payload: Buffer.alloc(0) } : { opcode: TEXT, payload: Buffer.from(`${sent}`) });
    };
    const echoedBy = ({ opcode, payload }: Frame): string => {
      const [service, from = '', number] = payload.toString().split(' ');
      const isEcho = opcode === TEXT && number === `${sent}` && (id === '' || id === from);
      if (!isEcho) throw new LoadError('wrong body', `message ${sent} of ${id} got ${opcode} ${payload}`);
      if (service !== target.service) throw new LoadError('wrong service', `${target.host} got ${service}`);
      return from;
    };
    const onFrame = (frame: Frame): void => {
      clearTimeout(deadline);
      if (frame.opcode === CLOSE && closing) resolve(id);
      else {
        id = echoedBy(frame);
        onMessage();
        setTimeout(next, messageEveryMs);
      }
    };
    const read = frameReader(onFrame);
    socket.on('error', reject).on('data', (chunk: Buffer) => {
      try {
        read(chunk);
      } catch (error) {
        reject(error);
      }
    });
    socket.once('close', () => reject(new LoadError('early close', `after ${sent} messages of ${id}`)));
    next();
  });
}
