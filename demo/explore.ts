import { resolve } from 'node:path';
import { COMPOSE } from '../test/support/compose.ts';
import type { Member } from '../test/support/world.ts';

/** Command lines with which a user looks around in a demo that keeps running, from any directory. */
export function exploreLines({ host, agent, engine }: Member): readonly string[] {
  const drover = host.enter(resolve('bin/drover'), ['status', '--config', agent.configPath]);
  const compose = ['env', `DOCKER_HOST=unix://${engine.socketPath}`, COMPOSE, '-p', 'shop'];
  return [
    [drover.file, ...drover.args],
    [...compose, 'ps'],
  ].map((words) => words.map(quoted).join(' '));
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
