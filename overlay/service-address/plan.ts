import {
  hasAddress,
  type IpRoute,
  isUp,
  planAcceptRules,
  removeTable,
  replaceTable,
  type Step,
  sameTable,
  step,
} from '../../linux/index.ts';
import type { Problem } from '../../model/index.ts';
import type { Plan } from '../../reconcile/index.ts';
import type { ObservedServiceAddress } from './observe.ts';
import { NO_RULES, renderAcceptRules, renderTable } from './render.ts';
import type { ServiceAddressSettings } from './settings.ts';

export type ServiceAddressChange = Step;

/** The steps to a complete service address. A device or address that Drover did not make is a problem and is not touched. */
export function planServiceAddress(settings: ServiceAddressSettings, observed: ObservedServiceAddress): Plan<Step> {
  const conflicts = findConflicts(settings, observed);
  const problems = [...conflicts, ...findObstacles(observed)];
  if (conflicts.length > 0) return { changes: [], problems };
  const { table } = settings;
  const text = renderTable(settings);
  return {
    changes: [
      ...(sameTable(observed.table, text) ? [] : [replaceTable({ family: 'ip', name: table }, text)]),
      ...planNamespace(settings, observed),
      ...planVethPair(settings, observed),
      ...planAcceptRules(observed.chains, renderAcceptRules(settings)),
    ],
    problems,
  };
}

/** The steps that remove everything of ours and nothing else. */
export function planServiceAddressRemoval(settings: ServiceAddressSettings, observed: ObservedServiceAddress): Step[] {
  const { namespace, device, table } = settings;
  return [
    ...planAcceptRules(observed.chains, NO_RULES),
    ...(isOurs(observed) ? [step(`ip link delete ${device}`)] : []),
    ...(observed.namespace === 'absent' ? [] : [step(`ip netns delete ${namespace}`)]),
    ...(observed.table === null ? [] : [removeTable({ family: 'ip', name: table })]),
  ];
}

function planNamespace({ namespace }: ServiceAddressSettings, observed: ObservedServiceAddress): Step[] {
  const enter = `nsenter --net=/run/netns/${namespace} --`;
  return [
    ...(observed.namespace === 'broken' ? [step(`ip netns delete ${namespace}`)] : []),
    ...(observed.namespace === 'present' ? [] : [step(`ip netns add ${namespace}`)]),
    ...(observed.loopbackUp ? [] : [step(`${enter} ip link set lo up`)]),
    // When one process takes over from another, TCP connections that are not accepted yet must not be refused.
    ...(observed.namespace !== 'present' || observed.migratesConnections === false
      ? [step(`${enter} sysctl --ignore --write net.ipv4.tcp_migrate_req=1`)]
      : []),
  ];
}

function planVethPair(settings: ServiceAddressSettings, observed: ObservedServiceAddress): Step[] {
  const { namespace, device } = settings;
  if (isPair(observed)) return [...planOuter(settings, observed), ...planInner(settings, observed)];
  const fresh: ObservedServiceAddress = {
    ...observed,
    outer: { ifname: device },
    inner: { ifname: 'eth0' },
    routes: observed.routes.filter(({ dev }) => dev !== device),
    innerRoutes: [],
  };
  const enter = `nsenter --net=/run/netns/${namespace} --`;
  return [
    // Both devices are ours, but they are not the two ends of one veth pair.
    ...(observed.outer ? [step(`ip link delete ${device}`)] : []),
    ...(observed.inner ? [step(`${enter} ip link delete eth0`)] : []),
    step(`ip link add ${device} type veth peer name eth0 netns ${namespace}`),
    step(`ip link set ${device} alias drover`),
    ...planOuter(settings, fresh),
    ...planInner(settings, fresh),
  ];
}

function planOuter(settings: ServiceAddressSettings, { outer, ...observed }: ObservedServiceAddress): Step[] {
  const { device, hostAddress, serviceAddress, sourceAddress } = settings;
  if (!outer) return [];
  const hasRoute = (address: string): boolean =>
    isUp(outer) && observed.routes.some((route) => isRoute(route, address, device, hostAddress));
  return [
    ...(hasAddress(outer, hostAddress, 32) ? [] : [step(`ip address replace ${hostAddress}/32 dev ${device}`)]),
    ...(isUp(outer) ? [] : [step(`ip link set ${device} up`)]),
    ...[serviceAddress, sourceAddress]
      .filter((address) => !hasRoute(address))
      .map((address) => step(`ip route replace ${address}/32 dev ${device} src ${hostAddress}`)),
    // Docker or the operator switches forwarding on for the host; our device then has to forward, too.
    ...(observed.forwarding && observed.outerForwarding === false
      ? [step(`sysctl --write net.ipv4.conf.${device}.forwarding=1`)]
      : []),
  ];
}

function planInner(settings: ServiceAddressSettings, { inner, innerRoutes }: ObservedServiceAddress): Step[] {
  const { namespace, hostAddress, serviceAddress, sourceAddress } = settings;
  if (!inner) return [];
  const enter = `nsenter --net=/run/netns/${namespace} --`;
  const hasDefault = innerRoutes.some(
    ({ dst, gateway, prefsrc }) => dst === 'default' && gateway === hostAddress && prefsrc === sourceAddress,
  );
  return [
    ...[serviceAddress, sourceAddress]
      .filter((address) => !hasAddress(inner, address, 32))
      .map((address) => step(`${enter} ip address replace ${address}/32 dev eth0`)),
    ...(isUp(inner) ? [] : [step(`${enter} ip link set eth0 up`)]),
    ...(hasDefault && isUp(inner)
      ? []
      : [step(`${enter} ip route replace default via ${hostAddress} dev eth0 onlink src ${sourceAddress}`)]),
  ];
}

function isRoute({ dst, dev, prefsrc }: IpRoute, address: string, device: string, hostAddress: string): boolean {
  return dst === address && dev === device && prefsrc === hostAddress;
}

/** Whether the two devices are the ends of one veth pair. */
function isPair({ outer, inner }: ObservedServiceAddress): boolean {
  return outer !== null && inner?.link_index !== undefined && inner.link_index === outer.ifindex;
}

/** A device with our name is ours if it leads into our namespace or has our alias. */
function isOurs(observed: ObservedServiceAddress): boolean {
  return isPair(observed) || observed.outer?.ifalias === 'drover';
}

function findConflicts(settings: ServiceAddressSettings, observed: ObservedServiceAddress): Problem[] {
  const { device } = settings;
  const foreignRoute = observed.routes.find(({ dev }) => dev !== device);
  const otherDevice = observed.devicesWithAddress.find((name) => name !== device);
  return [
    ...(observed.outer && !isOurs(observed)
      ? [
          {
            subject: `device ${device}`,
            what: 'exists and was not made by Drover',
            hint: 'remove or rename the device, or give Drover another device name',
          },
        ]
      : []),
    ...(foreignRoute
      ? [
          {
            subject: `route to ${foreignRoute.dst}`,
            what: `already leads to device ${foreignRoute.dev ?? '(none)'}`,
            hint: 'remove that route, or change the service address (`dns.address`)',
          },
        ]
      : []),
    ...(otherDevice
      ? [
          {
            subject: `device ${otherDevice}`,
            what: 'has an address that Drover needs for DNS and metadata',
            hint: `remove the address from ${otherDevice} (another metadata service may use it), or change the service address (\`dns.address\`)`,
          },
        ]
      : []),
  ];
}

function findObstacles({ forwarding }: ObservedServiceAddress): Problem[] {
  if (forwarding) return [];
  return [
    {
      subject: 'sysctl net.ipv4.ip_forward',
      what: 'is 0: containers cannot reach the service address',
      hint: 'start Docker, which sets it, or set it yourself: sysctl -w net.ipv4.ip_forward=1',
    },
  ];
}
