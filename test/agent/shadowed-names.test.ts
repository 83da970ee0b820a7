import { expect, test } from 'vitest';
import { findShadowedNames } from '../../agent/doctor/shadowed-names.ts';
import { type Container, formatProblem } from '../../model/index.ts';
import { type HostView, viewOf } from '../../view/index.ts';

const container = (id: string, service: string, network: string): Container => ({
  id: id.repeat(64),
  uuid: '',
  hostId: 'a',
  name: `shop-${service}-1`,
  hostname: null,
  image: 'i',
  stack: 'shop',
  service,
  primaryService: service,
  serviceIndex: 1,
  state: 'running',
  health: null,
  wasReady: true,
  networkMode: 'bridge',
  networkFrom: null,
  addresses: [{ networkId: network, networkName: network, ipv4: '172.18.0.2', ipv6: null, mac: null }],
  preferredNetwork: null,
  ports: [],
  exposed: [],
  labels: {},
  links: {},
  dns: [],
  dnsSearch: [],
  createdAtMs: 0,
  startedAtMs: 0,
  exit: null,
  startCount: 1,
  memoryReservation: null,
  milliCpuReservation: null,
  system: false,
});

function viewWith(...containers: readonly Container[]): HostView {
  const known = new Map(containers.map((one) => [one.id, one]));
  const state = { host: null, containers: known, networks: new Map(), facts: new Map() };
  const environment = { name: 'default', uuid: '', suffixes: ['rancher.internal.'] };
  const snapshot = {
    revision: 1,
    environment,
    hosts: new Map([['a', state]]),
    declarations: new Map(),
    overlay: null,
    subnets: new Map(),
    complete: true,
  };
  return viewOf(snapshot, 'a');
}
const found = (view: HostView, ...ids: readonly string[]) =>
  findShadowedNames(view, new Set(ids.map((id) => id.repeat(12)))).map(formatProblem);

test("doctor names the container whose names Docker's resolver answers, and the form that works", () => {
  const view = viewWith(
    container('a', 'app', 'shop_default'),
    container('b', 'web', 'shop_default'),
    container('c', 'db', 'other'),
  );
  expect(found(view, 'a')).toEqual([
    "container aaaaaaaaaaaa shop-app-1: gets web on network shop_default from Docker's own resolver, which also answers containers that are not ready; use web.shop instead, or restart the container so that it gets Drover's resolver",
  ]);
});

test("a container with Drover's resolver, or on the default bridge, has no shadowed names", () => {
  const view = viewWith(container('a', 'app', 'bridge'), container('b', 'web', 'bridge'));
  expect(found(view, 'a')).toEqual([]);
  expect(found(view)).toEqual([]);
});
