import { READINESS, standingOf } from '../view/index.ts';
import { textOf } from './go/format.ts';
import { truth } from './go/values.ts';
import type { TemplateFunction } from './handlebars-functions.ts';
import type { Item, World } from './world.ts';

type List = readonly Item[];

/** The functions for services, containers, hosts and labels. */
export function worldFunctions(world: World): Readonly<Record<string, TemplateFunction>> {
  const service = (name: string): Item | undefined => {
    const { stack, service: own } = splitName(name, ownStackOf(world));
    return world.services.find((item) => same(item.name, own) && same(item.stack_name, stack));
  };
  const containersOf = (name: string): List => {
    const { stack, service: own } = splitName(name, ownStackOf(world));
    const found = world.containers.filter((item) => same(item.service_name, own) && same(item.stack_name, stack));
    return sortBy(found, 'name');
  };
  return {
    service,
    containersOf,
    readyContainersOf: (name: string) => ready(containersOf(name), hasCheck(service(name))),
    stack: (name: string) => named(world.stacks, name),
    servicesOf: (stack: string) =>
      sortBy(
        world.services.filter((item) => same(item.stack_name, stack)),
        'name',
      ),
    container: (name: string) => named(world.containers, name),
    host: (name: string) => named(world.hosts, name) ?? world.hosts.find(({ uuid }) => uuid === name),
    hostOf: (container: Item) => world.hosts.find(({ uuid }) => uuid === container.host_uuid),
    label: (item: Item | undefined, key: string, ...otherwise: readonly unknown[]) =>
      labelOf(item, key) ?? otherwise[0] ?? '',
    withLabel: (items: List, key: string, ...wanted: readonly unknown[]) => withLabel(items, key, wanted),
    where: (items: List, path: string, value: unknown) => items.filter((item) => memberAt(item, path) === value),
    sortBy,
    pluck: (items: List, path: string) => items.map((item) => memberAt(item, path)),
    unique: (items: readonly unknown[]) => [...new Set(items)],
    first: (items: readonly unknown[]) => items[0],
    last: (items: readonly unknown[]) => items.at(-1),
    at: (value: unknown, path: string, ...otherwise: readonly unknown[]) => memberAt(value, path) ?? otherwise[0] ?? '',
    default: (value: unknown, otherwise: unknown) => (truth(value) ? value : otherwise),
    toJson: (value: unknown) => jsonOf(value),
    quote: (value: unknown) => JSON.stringify(textOf(value)),
    indent: (text: string, columns: number) => text.replace(/^(?=.)/gm, ' '.repeat(columns)),
  };
}

/** Marks the digits of a bigint, which are written without quotes. */
const DIGITS = '\u0000';

function jsonOf(value: unknown): string | undefined {
  const marked = (_key: string, item: unknown) => (typeof item === 'bigint' ? `${DIGITS}${item}` : item);
  return JSON.stringify(value, marked, 2)?.replaceAll(/"\\u0000(-?\d+)"/g, '$1');
}

/** `stack/service`, or a service of the stack in `self`. */
function splitName(name: string, ownStack: unknown): { readonly stack: unknown; readonly service: string } {
  const slash = name.indexOf('/');
  return slash < 0
    ? { stack: ownStack, service: name }
    : { stack: name.slice(0, slash), service: name.slice(slash + 1) };
}

function ownStackOf({ self }: World): unknown {
  return memberAt(self, 'stack.name');
}

/** Compares names without regard to case, as DNS does. */
function same(value: unknown, name: unknown): boolean {
  return typeof value === 'string' && typeof name === 'string' && value.toLowerCase() === name.toLowerCase();
}

function named(items: List, name: string): Item | undefined {
  return items.find((item) => same(item.name, name));
}

function labelOf(item: Item | undefined, key: string): unknown {
  const labels = item?.labels;
  if (typeof labels !== 'object' || labels === null) return undefined;
  const found = Object.entries(labels).find(([name]) => same(name, key));
  return found?.[1];
}

function withLabel(items: List, key: string, [wanted]: readonly unknown[]): List {
  return items.filter((item) => {
    const value = labelOf(item, key);
    return wanted === undefined ? value !== undefined : value === String(wanted);
  });
}

function sortBy(items: List, path: string): List {
  const keyed = items.map((item) => ({ item, key: memberAt(item, path) }));
  return keyed.sort((a, b) => compare(a.key, b.key)).map(({ item }) => item);
}

/** Compares numbers by size, and other values as text in which numbers count by size: web-2 before web-10. */
function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return textOf(a).localeCompare(textOf(b), 'en', { numeric: true });
}

function memberAt(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, key) => {
    return typeof at === 'object' && at !== null ? (at as Readonly<Record<string, unknown>>)[key] : undefined;
  }, value);
}

function hasCheck(service: Item | undefined): boolean {
  return truth(service?.health_check);
}

/** The containers that a load balancer would use, by the table READINESS. */
function ready(containers: List, checked: boolean): List {
  const treated = containers.map((item) => ({ item, treatment: treatmentOf(item, checked) }));
  const fit = treated.filter(({ treatment }) => treatment === 'use');
  const chosen = fit.length > 0 ? fit : treated.filter(({ treatment }) => treatment === 'fallback');
  return chosen.map(({ item }) => item).filter(({ primary_ip }) => truth(primary_ip));
}

function treatmentOf(item: Item, checked: boolean): string {
  // The metadata does not say whether the container was ever ready. A failing container is better than none.
  const container = { state: item.state, health: item.health_state ?? null, wasReady: true };
  return READINESS[standingOf(container as Parameters<typeof standingOf>[0], checked)].lb;
}
