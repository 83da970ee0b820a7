import { expect, test } from 'vitest';
import { createHostFact, createHostFacts, type FactChanges } from '../../facts/index.ts';
import { host } from '../state/facts.ts';
import { testLog } from '../support/test-log.ts';

const log = testLog('facts');

function startFacts() {
  const facts = createHostFacts({ log });
  const heard: FactChanges[] = [];
  facts.onChange((changes) => heard.push(changes));
  return { facts, heard };
}

test('each owner writes its own keys; all of them together are the facts of the host', () => {
  const { facts, heard } = startFacts();
  facts.part(['container/', 'network/']).set('container/c', { id: 'c' });
  facts.part(['status/']).set('status/overlay', { state: 'ok' });
  expect([...facts.facts().keys()]).toEqual(['container/c', 'status/overlay']);
  expect(heard).toEqual([new Map([['container/c', { id: 'c' }]]), new Map([['status/overlay', { state: 'ok' }]])]);
});

test('a key of another owner is refused, and so is a prefix that has an owner', () => {
  const { facts } = startFacts();
  const docker = facts.part(['container/', 'host']);
  for (const key of ['status/x', 'containers/x', 'hostname', 'host/x'])
    expect(() => docker.set(key, 1)).toThrow(`fact ${key} is not among container/, host`);
  for (const prefix of ['container/', 'container/x', 'host'])
    expect(() => facts.part([prefix])).toThrow('have an owner');
  expect(facts.facts().size).toBe(0);
});

test('an equal value is no change, and null removes', () => {
  const { facts, heard } = startFacts();
  const part = facts.part(['container/']);
  part.set('container/c', { id: 'c', name: 'web' });
  const before = facts.facts();
  part.set('container/c', { name: 'web', id: 'c' });
  part.set('container/none', null);
  expect(facts.facts()).toBe(before);
  part.set('container/c', null);
  expect(facts.facts().size).toBe(0);
  expect(heard).toHaveLength(2);
});

test('an owner starts from the facts of the run before that are its own; no listener hears of them', () => {
  const { facts, heard } = startFacts();
  const before = new Map([['container/c', 1], ['status/old', 2]]); // biome-ignore format: one line
  const part = facts.part(['container/'], before);
  expect([...part.facts()]).toEqual([['container/c', 1]]);
  expect([...facts.facts()]).toEqual([['container/c', 1]]);
  expect(heard).toEqual([]);
});

test('changes that are held back are reported as one; those of other owners are not held back', () => {
  const { facts, heard } = startFacts();
  const docker = facts.part(['container/']);
  const overlay = facts.part(['status/']);
  docker.hold();
  docker.hold();
  docker.set('container/a', 1);
  docker.set('container/b', 2);
  overlay.set('status/overlay', 3);
  docker.release();
  expect(heard).toEqual([new Map([['status/overlay', 3]])]);
  docker.release();
  expect(heard.slice(1)).toEqual([new Map([['container/a', 1], ['container/b', 2]])]); // biome-ignore format: one line
});

test('a listener that throws does not keep the change from the others', () => {
  const { facts } = startFacts();
  facts.onChange(() => {
    throw new Error('broken');
  });
  const heard: FactChanges[] = [];
  const end = facts.onChange((changes) => heard.push(changes));
  const part = facts.part(['host']);
  part.set('host', 1);
  end();
  part.set('host', 2);
  expect(heard).toEqual([new Map([['host', 1]])]);
});

test('the fact of the host is made of the fields of several owners', () => {
  const { facts, heard } = startFacts();
  const fact = createHostFact(facts.part(['host']), host('a', { subnets: [] }));
  const machine = fact.fields('milliCpu', 'memoryBytes');
  const subnets = fact.fields('subnets');
  machine({ milliCpu: 8000 });
  subnets({ subnets: ['10.42.7.0/24'] });
  machine({ memoryBytes: 1 });
  expect(facts.facts().get('host')).toEqual(host('a', { milliCpu: 8000, memoryBytes: 1, subnets: ['10.42.7.0/24'] }));
  expect(heard).toHaveLength(4);
  expect(() => fact.fields('name', 'subnets')).toThrow('host field subnets has an owner already');
});
