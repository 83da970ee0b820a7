import { expect, test } from 'vitest';
import { type Config, loadConfig } from '../../agent/config/config.ts';
import { createConfigured } from '../../agent/config/configured.ts';
import { planReload } from '../../agent/config/reload.ts';
import { createLogLines } from '../support/log-lines.ts';

const load = (text: string) => loadConfig({ readFile: async () => text }, { file: 'drover.yaml', env: {}, flags: {} });
const config = async (text: string): Promise<Config> => {
  const loaded = await load(text);
  if (!loaded.ok) throw new Error('not valid');
  return loaded.config;
};

test.each<[string, string, readonly string[], readonly string[], string?]>([
  ['nothing', 'environment: default', [], []],
  [
    'settings of the servers',
    'dns: {ttlSeconds: 3}\nmetadata: {compatContentType: true}\nlog: {level: debug}',
    ['dns.ttlSeconds', 'metadata.compatContentType', 'log.level'],
    [],
  ],
  ['a map', 'dns: {forward: {corp.example: 10.0.0.2}}', ['dns.forward'], []],
  ['settings of the agent', 'bus: {driver: consul}\nsuffixes: [a.example]', [], ['suffixes', 'bus.driver']],
  ['both', 'supervise: false\ndns: {holdMs: 0}', ['dns.holdMs'], ['supervise']],
  [
    'the service address, for which everything waits',
    'dns: {address: 169.254.169.240, holdMs: 0}\nlog: {level: warn}',
    [],
    ['dns.address', 'dns.holdMs', 'log.level'],
  ],
  [
    'settings of servers that the agent does not start',
    'supervise: false\ndns: {holdMs: 0}\nmetadata: {compatContentType: true}\nlog: {level: warn}',
    ['log.level'],
    ['dns.holdMs', 'metadata.compatContentType'],
    'supervise: false',
  ],
])('planReload(): %s', async (_what, text, applied, waiting, running = '') => {
  const before = await config(running);
  const reload = planReload(before, await config(text));
  expect({ applied: reload.applied, waiting: reload.waiting }).toEqual({ applied, waiting });
  // What waits is not in force; the next reload names it again.
  expect(planReload(reload.config, await config(text))).toMatchObject({ applied: [], waiting });
});

test('createConfigured() keeps what was good, and its problems end with the next good file', async () => {
  const { log, lines } = createLogLines();
  const reloaded: number[] = [];
  const warning = { subject: 'variable', what: 'is not a setting', hint: 'remove it' };
  const configured = createConfigured(
    { log },
    { config: await config(''), warnings: [warning] },
    { reload: ({ dns }) => reloaded.push(dns.ttlSeconds) },
  );
  expect(configured.problems()).toEqual([warning]);
  configured.reload(await load('dns: {ttlSeconds: 99}'));
  expect(configured.problems()).toMatchObject([{ subject: 'drover.yaml:1 dns.ttlSeconds' }]);
  configured.reload(await load('dns: {ttlSeconds: 2}\nenvironment: other'));
  expect(configured.problems()).toMatchObject([{ what: '`environment` changed, but not in the running agent' }]);
  configured.reload(await load('dns: {ttlSeconds: 2}'));
  expect(configured.problems()).toEqual([]);
  expect(reloaded, 'only when a setting of theirs changed').toEqual([2]);
  expect(lines).toEqual([
    'error the configuration is not valid; the previous one stays in force',
    'info configuration reloaded',
    'info configuration reloaded',
  ]);
});
