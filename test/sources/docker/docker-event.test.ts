import { expect, test } from 'vitest';
import { linesOf, parseDockerEvent } from '../../../sources/docker/engine/docker-event.ts';

const event = (Type: string, Action: string, Attributes: Record<string, string>) =>
  JSON.stringify({ Type, Action, Actor: { ID: 'abc', Attributes }, time: 1, timeNano: 1_500_000_000 });

test('parseDockerEvent() reads containers and networks, and nothing else', () => {
  expect(parseDockerEvent(event('container', 'health_status: healthy', { name: 'web' }))).toEqual({
    kind: 'container',
    action: 'health_status',
    id: 'abc',
    attributes: { name: 'web' },
    timeMs: 1500,
  });
  expect(parseDockerEvent(event('network', 'connect', { container: 'c1', type: 'bridge' }))).toEqual({
    kind: 'network',
    action: 'connect',
    networkId: 'abc',
    containerId: 'c1',
    timeMs: 1500,
  });
  expect(parseDockerEvent(event('image', 'tag', {}))).toBeNull();
  expect(parseDockerEvent('{"Type": 3}')).toBeNull();
  expect(() => parseDockerEvent('HTTP/1.1 500')).toThrow();
});

test('linesOf() joins the pieces of a line and fails on a line that is too long', async () => {
  const bytes = new TextEncoder().encode('{"a":"é"}\n\n{"b":1}\n{"c"');
  async function* cut() {
    for (const byte of bytes) yield Uint8Array.of(byte);
  }
  const lines: string[] = [];
  for await (const line of linesOf(cut())) lines.push(line);
  expect(lines).toEqual(['{"a":"é"}', '{"b":1}']);

  async function* endless() {
    for (;;) yield new Uint8Array(1000).fill(120);
  }
  await expect(async () => {
    for await (const _ of linesOf(endless(), 5000));
  }).rejects.toThrow('more than 5000 bytes');
});
