import { batches } from '../../haproxy/index.ts';
import type { Change } from './plan.ts';
import type { Server } from './server.ts';

export interface ApplyDependencies {
  /** Sends one line of commands and gives HAProxy's reply. */
  readonly ask: (commands: string) => Promise<string>;
  /** File of the map of requests. */
  readonly map: string;
  /** What the checks have said about this server until now; HAProxy counts on from there. */
  readonly stateOf: (name: string) => 'unknown' | 'up' | 'down';
}

const ADDED = /New server registered/g;
const PRESENT = /Already exists a server/;

/** Adds servers, and gives HAProxy's replies for those it has refused, by name. */
export async function addServers(
  { ask, map, stateOf }: ApplyDependencies,
  servers: readonly Server[],
): Promise<ReadonlyMap<string, string>> {
  for (const entries of batches(servers.flatMap(mapEntry), itself, '\n'))
    await ask(`add map ${map} <<\n${entries.text}\n`);
  const refused = new Map<string, string>();
  for (const { text, items } of batches(
    servers.map((server) => addCommands(server, stateOf(server.name))),
    itself,
    ';',
  )) {
    const reply = await ask(text);
    if (reply.match(ADDED)?.length === items.length) continue;
    // Which one was refused is not in the reply, and HAProxy sometimes closes before the whole reply is sent.
    for (const item of items) {
      const { name, reply: alone } = await addAlone({ ask, map }, item);
      if (alone !== null) refused.set(name, alone);
    }
  }
  return refused;
}

const MAX_TRIES = 3;

/** Adds one server, also if HAProxy has it already: it may have processed a part of the commands. Null: added. */
async function addAlone(
  deps: Pick<ApplyDependencies, 'ask' | 'map'>,
  commands: string,
): Promise<{ readonly name: string; readonly reply: string | null }> {
  const [, backend = '', name = ''] = /^add server ([^/]+)\/(\S+)/.exec(commands) ?? [];
  let reply = '';
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    reply = (await deps.ask(commands)).trim();
    if (reply.match(ADDED)) return { name, reply: null };
    if (reply !== '' && !PRESENT.test(reply)) break;
    await deps.ask(removeCommands(backend, name));
  }
  return { name, reply };
}

/** Removes servers, also those that a check is running for. */
export async function removeServers(
  { ask, map }: Pick<ApplyDependencies, 'ask' | 'map'>,
  changes: readonly (Change & { readonly kind: 'remove' })[],
): Promise<void> {
  const commands = changes.map(
    ({ backend, name }) =>
      removeCommands(backend, name) + (backend.startsWith('http_') ? `;del map ${map} ${name}` : ''),
  );
  for (const { text } of batches(commands, itself, ';')) await ask(text);
}

const removeCommands = (backend: string, name: string): string =>
  `set server ${backend}/${name} state maint;del server ${backend}/${name}`;

/** Tells HAProxy what the checks have said together with those before its last start. */
export function stateCommand(backend: string, name: string, state: 'up' | 'down'): string {
  return `set server ${backend}/${name} health ${state}`;
}

/** `enable server` sets the server to "up until its first check", and starts the checks: the state comes last. */
function addCommands({ backend, name, ...server }: Server, state: 'unknown' | 'up' | 'down'): string {
  const place = `${backend.name}/${name}`;
  const check = `check inter ${server.intervalMs} rise ${server.rise} fall ${server.fall}`;
  const known = state === 'unknown' ? [] : [stateCommand(backend.name, name, state)];
  return [
    `add server ${place} ${server.endpoint} ${check}`,
    `enable health ${place}`,
    `enable server ${place}`,
    ...known,
  ].join(';');
}

const itself = (text: string): string => text;

const mapEntry = ({ name, request }: Server): readonly string[] => (request === null ? [] : [`${name} ${request}`]);
