import { eventSchema } from './schema.ts';

/** An event: something changed at `timeMs` by Docker's clock. */
export type DockerEvent =
  | {
      readonly kind: 'container';
      readonly action: string;
      readonly id: string;
      /** Labels, `name` and `image`; for `kill` also `signal`. */
      readonly attributes: Readonly<Record<string, string>>;
      readonly timeMs: number;
    }
  | {
      readonly kind: 'network';
      readonly action: string;
      readonly networkId: string;
      /** Null for events of the network itself. */
      readonly containerId: string | null;
      readonly timeMs: number;
    };

/** Filters for Docker, so that the `exec` events of health checks are not sent. */
export const EVENT_FILTERS = {
  type: ['container', 'network'],
  event: [
    'create', 'start', 'restart', 'kill', 'die', 'oom', 'stop', 'pause', 'unpause', 'rename', 'update', 'destroy',
    'health_status', 'connect', 'disconnect', 'remove',
  ], // biome-ignore format: a list
} as const;

/** Parses one line of the event stream; null: another kind of event. Throws if the line is not JSON. */
export function parseDockerEvent(line: string): DockerEvent | null {
  const parsed = eventSchema.safeParse(JSON.parse(line));
  if (!parsed.success) return null;
  const { Type, Action, Actor, time, timeNano } = parsed.data;
  const timeMs = timeNano ? timeNano / 1e6 : (time ?? 0) * 1000;
  // Docker writes "health_status: healthy", and "exec_start: command" if it ignores filters.
  const action = Action.split(':', 1)[0] ?? Action;
  if (Type === 'container') {
    return { kind: 'container', action, id: Actor.ID, attributes: Actor.Attributes, timeMs };
  }
  if (Type !== 'network') return null;
  return {
    kind: 'network',
    action,
    networkId: Actor.ID,
    containerId: Actor.Attributes.container ?? null,
    timeMs,
  };
}

/** Splits a stream of bytes into lines; a line longer than `maxBytes` is an error. */
export async function* linesOf(
  stream: AsyncIterable<Uint8Array | string>,
  maxBytes = 1 << 20,
): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > maxBytes) throw new Error(`Docker sent an event of more than ${maxBytes} bytes`);
    for (const line of lines) if (line.trim() !== '') yield line;
  }
}
