import { expect, test } from 'vitest';
import { createMemoryStore } from '../../../bus/memory/index.ts';
import type { JsonValue, ServiceDeclaration } from '../../../model/index.ts';
import {
  applyChanges,
  type DeclarationDocuments,
  parseManifest,
  planApply,
  renderChanges,
} from '../../../sources/manifest/index.ts';
import { systemClock } from '../../../system/index.ts';
import { createResources } from '../../support/resources.ts';

const clock = { now: () => 1000 };
const declare = (text: string): readonly ServiceDeclaration[] =>
  parseManifest(`stack: s\nservices: {${text}}`, 'm').declarations;

async function withBus(
  work: (documents: DeclarationDocuments & { get(key: string): Promise<unknown> }) => Promise<void>,
) {
  await using resources = createResources();
  const store = createMemoryStore({ clock: systemClock });
  resources.add('store', () => store.close());
  const bus = store.connect({ environment: 'default' });
  resources.add('bus', () => bus.close());
  await work(bus);
}

test('applyChanges() applies the plan, and a second time changes nothing', () =>
  withBus(async (bus) => {
    await applyChanges({ documents: bus, clock }, planApply(new Map(), declare('web: {scale: 1}, old: {}')));
    const wanted = declare('web: {scale: 2}, db: {}');
    const changes = planApply(await bus.list('service/'), wanted, { prune: ['s'] });
    expect(await applyChanges({ documents: bus, clock }, changes)).toEqual([]);
    const now = await bus.list('service/');
    expect([...now.keys()].sort()).toEqual(['service/s/db', 'service/s/web']);
    expect(planApply(now, wanted, { prune: ['s'] })).toEqual([]);
    expect(await applyChanges({ documents: bus, clock }, changes)).toEqual([]);
    expect(await bus.list('service/')).toEqual(now);
  }));

test('applyChanges() notes when a load balancer was declared first, and no later apply changes it', () =>
  withBus(async (bus) => {
    const lb = (weight: number) =>
      declare(`edge: {lb_config: {port_rules: [{source_port: 80, service: web, weight: ${weight}}]}}, web: {}`);
    const since = async () =>
      ((await bus.get('service/s/edge')) as { value: ServiceDeclaration }).value.lbConfig?.sinceMs;
    const apply = async (wanted: readonly ServiceDeclaration[], nowMs: number) => {
      const changes = planApply(await bus.list('service/'), wanted);
      return applyChanges({ documents: bus, clock: { now: () => nowMs } }, changes);
    };
    await apply(lb(1), 1000);
    expect(await since()).toBe(1000);
    expect(planApply(await bus.list('service/'), lb(1))).toEqual([]);
    const changes = planApply(await bus.list('service/'), lb(2));
    expect(renderChanges(changes).join()).not.toContain('sinceMs');
    await apply(lb(2), 2000);
    expect(await since()).toBe(1000);
    // Another writer is first.
    await bus.delete('service/s/edge');
    const late = planApply(await bus.list('service/'), lb(2));
    await apply(lb(3), 3000);
    await applyChanges({ documents: bus, clock: { now: () => 4000 } }, late);
    expect(await since()).toBe(3000);
    // A document of an agent that did not note the time stays before all others.
    const { lbConfig, ...old } = lb(4)[0] as ServiceDeclaration;
    const { sinceMs: _, ...oldConfig } = lbConfig ?? { sinceMs: null };
    await bus.put('service/s/edge', { ...old, lbConfig: oldConfig } as unknown as JsonValue);
    await apply(lb(5), 5000);
    expect(await since()).toBeNull();
    // Rules of an ordinary service are for load balancers that select it.
    await apply(declare('edge: {image: x, lb_config: {port_rules: [{target_port: 80}]}}'), 6000);
    expect(await since()).toBeNull();
    await apply(lb(6), 7000);
    expect(await since()).toBe(7000);
    await bus.put('service/s/edge', { kind: 'loadBalancerService', lbConfig: { portRules: 'none' } });
    await apply(lb(7), 8000);
    expect(await since()).toBeNull();
  }));

test('applyChanges() overwrites a newer write of another writer, but does not delete it', () =>
  withBus(async (bus) => {
    await applyChanges({ documents: bus, clock }, planApply(new Map(), declare('web: {scale: 1}, old: {}')));
    const changes = planApply(await bus.list('service/'), declare('web: {scale: 2}'), { prune: ['s'] });
    await applyChanges(
      { documents: bus, clock },
      planApply(await bus.list('service/'), declare('web: {scale: 9}, old: {scale: 3}')),
    );
    const problems = await applyChanges({ documents: bus, clock }, changes);
    expect(problems.map(({ subject, what }) => `${subject} ${what}`)).toEqual([
      'service/s/old was changed by another writer meanwhile and is kept',
    ]);
    expect(await bus.get('service/s/web')).toMatchObject({ value: { scale: 2 } });
    expect(await bus.get('service/s/old')).toMatchObject({ value: { scale: 3 } });
  }));

test('applyChanges() gives up on a key that others change all the time, and applies the rest', () =>
  withBus(async (bus) => {
    const rewritten: DeclarationDocuments = {
      ...bus,
      put: async (key, value, expected) => {
        if (key === 'service/s/hot') await bus.put(key, { written: String(Math.random()) } as JsonValue);
        return bus.put(key, value, expected);
      },
    };
    const problems = await applyChanges(
      { documents: rewritten, clock },
      planApply(new Map(), declare('hot: {}, web: {}')),
    );
    expect(problems.map(({ subject }) => subject)).toEqual(['service/s/hot']);
    expect(await bus.get('service/s/web')).not.toBeNull();
  }));
