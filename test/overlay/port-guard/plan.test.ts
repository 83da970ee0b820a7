import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatStep } from '../../../linux/step.ts';
import { formatPortBindings } from '../../../model/index.ts';
import { type DesiredGuard, defaultPortGuardSettings as settings } from '../../../overlay/port-guard/desired-guard.ts';
import { findBindings, unboundContainers } from '../../../overlay/port-guard/find-ports.ts';
import type { ObservedGuard } from '../../../overlay/port-guard/observed-guard.ts';
import { formatGuardChange, planPortGuard, planTableRemoval } from '../../../overlay/port-guard/plan.ts';
import { NO_ELEMENTS, renderFrame } from '../../../overlay/port-guard/render.ts';
import { bare, containerAt, desiredOf, elementsOf, portAt, standing } from './guards.ts';

type Inputs = [desired: DesiredGuard, observed: ObservedGuard];
const changesOf = (...[desired, observed]: Inputs) => planPortGuard(settings, desired, observed).changes;
/** The commands of the plan, without the publication. */
const lines = (...inputs: Inputs) =>
  changesOf(...inputs).flatMap((change) => (change.kind === 'step' ? [formatStep(change.step)] : []));

test('plan() binds each port to the container whose namespace it leads into', () => {
  const observed = { ...bare(2, 3), ports: [portAt(2), portAt(3), portAt(7), portAt(8, { bridge: 'docker0' })] };
  expect(elementsOf(desiredOf(2, 3), observed)).toEqual({
    elsewhere: ['"veth8"'],
    known: ['"veth2"', '"veth3"'],
    macs: ['"veth2" . 02:42:0a:2a:01:02', '"veth3" . 02:42:0a:2a:01:03'],
    addresses: ['"veth2" . 10.42.1.2', '"veth3" . 10.42.1.3'],
    taken: ['10.42.1.1', '10.42.1.2', '10.42.1.3'],
  });
});

test.each<[string, Partial<ObservedGuard>]>([
  ['whose process is not known', { namespaces: new Map([['c2', 2]]) }],
  ['whose port is not there yet', { ports: [portAt(2)] }],
  ['whose port is still in our own namespace', { ports: [portAt(2), portAt(3, { namespace: null })] }],
  ['whose port is on another bridge', { ports: [portAt(2), portAt(3, { bridge: 'docker0' })] }],
])('plan() leaves the address free of a container %s', (_title, changes) => {
  const elements = elementsOf(desiredOf(2, 3), { ...bare(2, 3), ...changes });
  expect(elements.known).toEqual(['"veth2"']);
  expect(elements.taken).toEqual(['10.42.1.1', '10.42.1.2']);
});

test('plan() creates the table with all its elements at once', () => {
  const [line, ...others] = lines(desiredOf(2), bare(2));
  expect(others).toEqual([]);
  expect(line).toMatch(
    /^nft -f - \{ table bridge drover_guard; delete table bridge drover_guard; table bridge drover_guard \{/,
  );
  expect(line).toMatch(/; add element bridge drover_guard taken \{ 10.42.1.1, 10.42.1.2 \} \}$/);
});

test('plan() replaces a table whose rules were changed, and adds elements to an intact table', () => {
  const complete = standing(bare(2), elementsOf(desiredOf(2), bare(2)));
  expect(lines(desiredOf(2), complete)).toEqual([]);
  expect(lines(desiredOf(2), { ...complete, frame: 'table bridge drover_guard { }' })).toEqual(
    lines(desiredOf(2), bare(2)),
  );
  const grown = { ...complete, ports: [portAt(2), portAt(3)], namespaces: new Map([['c3', 3]]) };
  const add = 'add element bridge drover_guard';
  expect(lines(desiredOf(2, 3), grown)).toEqual([
    `nft -f - { ${add} known { "veth3" }; ${add} macs { "veth3" . 02:42:0a:2a:01:03 }; ${add} addresses { "veth3" . 10.42.1.3 }; ${add} taken { 10.42.1.3 } }`,
  ]);
});

test('plan() keeps a port bound that now leads into another namespace, and releases a port that is gone', () => {
  const elements = elementsOf(desiredOf(2, 3), bare(2, 3));
  const moved = standing({ ...bare(2, 3), ports: [portAt(2), portAt(3, { namespace: 9 })] }, elements);
  expect(elementsOf(desiredOf(2, 3), moved)).toEqual(elements);
  const gone = standing({ ...bare(2, 3), ports: [portAt(2)] }, elements);
  expect(elementsOf(desiredOf(2, 3), gone).known).toEqual(['"veth2"']);
});

test('plan() binds a reassigned address to the port of its new container', () => {
  const elements = elementsOf(desiredOf(2), bare(2));
  const heir = { ...containerAt(2), id: 'c5' };
  const observed = standing({ ...bare(), ports: [portAt(5)], namespaces: new Map([['c5', 5]]) }, elements);
  expect(elementsOf({ device: 'drover1', containers: [heir] }, observed).addresses).toEqual(['"veth5" . 10.42.1.2']);
});

test('only containers without a port in the table are looked up', () => {
  const elements = elementsOf(desiredOf(2), bare(2));
  const unbound = (...names: readonly number[]) =>
    unboundContainers(desiredOf(2, 3), { ports: names.map((n) => portAt(n)), elements }).map(({ id }) => id);
  expect(unbound(2, 3)).toEqual(['c3']);
  expect(unbound(3)).toEqual(['c2', 'c3']);
});

test('plan() only publishes if the kernel rejects the table, and reports it with a hint', () => {
  const { changes, problems } = planPortGuard(settings, desiredOf(2), { ...bare(2), refusal: 'Error: not supported' });
  expect(changes.map(formatGuardChange)).toEqual(['publish port bindings: 1']);
  expect(problems).toEqual([
    {
      subject: 'port guard',
      what: expect.stringContaining('Error: not supported'),
      hint: expect.stringContaining('network.guard: false'),
    },
  ]);
});

test('plan() binds the ports it can, and names containers whose namespace is hidden', () => {
  const { changes, problems } = planPortGuard(settings, desiredOf(2, 3), { ...bare(2), hidden: ['c3'] });
  expect(changes.map(({ kind }) => kind)).toEqual(['step', 'publish']);
  expect(problems.map(({ what }) => what)).toEqual([expect.stringContaining('container c3 can spoof')]);
  const whatOf = (hidden: readonly string[]) =>
    planPortGuard(settings, desiredOf(), { ...bare(), hidden }).problems[0]?.what;
  expect(whatOf(['0123456789abcdef', 'c4', 'c5'])).toMatch(/^container 0123456789ab and 2 others can spoof/);
});

const binding = (n: number) => ({ port: `veth${n}`, index: n, ipv4: `10.42.1.${n}`, mac: `02:42:0a:2a:01:0${n}` });

test('plan() publishes name, index, address and MAC address of each bound port, and only when they changed', () => {
  const publication = (observed: ObservedGuard) => changesOf(desiredOf(2, 3), observed).at(-1);
  const expected = { kind: 'publish', bindings: [binding(2), binding(3)] };
  expect(publication(bare(2, 3))).toEqual(expected);
  expect(publication({ ...bare(2, 3), published: 'damaged' })).toEqual(expected);
  const published = formatPortBindings([binding(3), binding(2)]);
  expect(publication({ ...bare(2, 3), published })?.kind).toBe('step');
  const restarted = { ...bare(2, 3), published, ports: [portAt(2), portAt(3, { index: 9 })] };
  expect(publication(restarted)).toEqual({ kind: 'publish', bindings: [binding(2), { ...binding(3), index: 9 }] });
});

test('plan() publishes and binds MAC addresses in lower case', () => {
  const upper = { ...containerAt(2), mac: '02:42:0A:2A:01:0B' };
  const bindings = findBindings({ device: 'drover1', containers: [upper] }, bare(2));
  expect(bindings.map(({ mac }) => mac)).toEqual(['02:42:0a:2a:01:0b']);
});

test('plan() publishes no port whose container is not known', () => {
  const { changes } = planPortGuard(settings, desiredOf(2, 3), { ...bare(2, 3), namespaces: new Map([['c2', 2]]) });
  expect(changes.at(-1)).toEqual({ kind: 'publish', bindings: [binding(2)] });
});

test('plan() prefers the namespace that the kernel reports to a port that the table bound before', () => {
  const elements = elementsOf(desiredOf(2), bare(2));
  const observed = standing({ ...bare(2), ports: [portAt(2, { namespace: 7 }), portAt(5)] }, elements);
  const heir = { device: 'drover1', containers: [{ ...containerAt(2), id: 'c5' }] };
  const bindings = findBindings(heir, { ...observed, namespaces: new Map([['c5', 5]]) });
  expect(bindings.map(({ port }) => port)).toEqual(['veth5']);
});

test('plan() of a guard that is switched off removes the table and publishes that no port is guarded', () => {
  const changes = (observed: ObservedGuard) => planPortGuard(settings, 'off', observed).changes.map(formatGuardChange);
  expect(changes(standing(bare(), NO_ELEMENTS))).toEqual([
    'nft -f - { table bridge drover_guard; delete table bridge drover_guard }',
    'publish port bindings: off',
  ]);
  expect(changes({ ...bare(), published: formatPortBindings('off') })).toEqual([]);
});

test('removal removes the table if there is one', () => {
  const removal = (frame: string | null) => planTableRemoval(settings, frame).map(formatStep);
  expect(removal(null)).toEqual([]);
  expect(removal(renderFrame('drover_guard'))).toEqual([
    'nft -f - { table bridge drover_guard; delete table bridge drover_guard }',
  ]);
});

test('plan() of what it planned is empty, and the order of containers and ports does not matter', () => {
  const some = fc.uniqueArray(fc.integer({ min: 2, max: 9 }), { maxLength: 6 });
  fc.assert(
    fc.property(some, some, (first, second) => {
      let elements = NO_ELEMENTS;
      for (const numbers of [first, second]) {
        const observed = standing(bare(...numbers), elements);
        const wanted = elementsOf(desiredOf(...numbers), observed);
        expect(
          elementsOf(desiredOf(...numbers.toReversed()), { ...observed, ports: observed.ports.toReversed() }),
        ).toEqual(wanted);
        elements = wanted;
        expect(lines(desiredOf(...numbers), standing(observed, elements))).toEqual([]);
      }
      expect(elements.known).toHaveLength(second.length);
    }),
  );
});
