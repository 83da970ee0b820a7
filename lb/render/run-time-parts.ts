import type { LbTable } from '../table/table.ts';
import type { BackendSection } from './backend-section.ts';
import type { ListenerSection } from './listener-section.ts';
import { NAMES_SECTION, NO_BACKEND, nameEntry } from './names.ts';
import type { RenderedBackend, RenderedConfig } from './rendered-config.ts';
import { NAMES } from './run-time-maps.ts';
import type { Spares } from './spares.ts';

/** A backend needs a section of its own if it has options that no spare section has, or if other lines or own text name it. */
export function renderedBackends(
  sections: readonly BackendSection[],
  { byShape }: Spares,
  { customConfigs }: LbTable,
  listeners: readonly ListenerSection[],
): RenderedConfig['backends'] {
  const fixed = new Set(listeners.flatMap((listener) => [...listener.fixed]));
  return new Map(
    sections.map(({ name, shape, structure, rendered }): readonly [string, RenderedBackend] => {
      const isNamed = fixed.has(name) || customConfigs.some(({ text }) => text.includes(name));
      const spares = (isNamed ? undefined : byShape.get(shape)) ?? [];
      return [name, { ...rendered, entry: nameEntry(name, spares.length > 0 ? structure : null), spares }];
    }),
  );
}

/** The maps as a process has them when it starts: each backend has the section of its name. */
export function mapTexts(
  { listeners }: LbTable,
  { backends, rules }: Pick<RenderedConfig, 'backends' | 'rules'>,
  { byShape }: Spares,
): ReadonlyMap<string, string> {
  // Names and keys have been checked with the sections and rules; with its version, the longest name is longer than a word may be.
  const text = (entries: Iterable<readonly [string, string]>) =>
    Array.from(entries, ([key, value]) => `${key} ${value}\n`).join('');
  const ports = listeners.map(({ port }) => [String(port), String(port)] as const);
  const names = Array.from(backends, ([name, { entry }]) => [name, entry] as const);
  const free = [NAMES_SECTION, ...[...byShape.values()].flat()].map((name) => [name, NO_BACKEND] as const);
  return new Map([
    [NAMES, text([...ports, ...names, ...free])],
    ...Array.from(rules, ([map, keys]) => [map, text(keys)] as const),
  ]);
}
