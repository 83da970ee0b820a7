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

/** The steps from what stands to what should. A device or address that somebody else made is a problem and stays. */
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
      ...planCable(settings, observed),
      ...planAcceptRules(observed.chains, renderAcceptRules(settings)),
    ],
    problems,
  };
}

/** The steps that take everything of ours away, and nothing else. */
export function planServiceAddressRemoval(settings: ServiceAddressSettings, observed: ObservedServiceAddress): Step[] {
  const { namespace, device, table } = settings;
  return [
    ...planAcceptRules(observed.chains, NO_RULES),
    ...(observed.outer && isOurs(observed) ? [step(`ip link delete ${device}`)] : []),
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
    // When one process takes over from another, TCP connections that nobody has accepted yet must not be refused.
    ...(observed.namespace !== 'present' || observed.migratesConnections === false
      ? [step(`${enter} sysctl --ignore --write net.ipv4.tcp_migrate_req=1`)]
      : []),
  ];
}

function planCable(settings: ServiceAddressSettings, observed: ObservedServiceAddress): Step[] {
  const { namespace, device } = settings;
  if (isPlugged(observed)) return [...planOuter(settings, observed), ...planInner(settings, observed)];
  const fresh: ObservedServiceAddress = {
    ...observed,
    outer: { ifname: device },
    inner: { ifname: 'eth0' },
    routes: observed.routes.filter(({ dev }) => dev !== device),
    innerRoutes: [],
  };
  const enter = `nsenter --net=/run/netns/${namespace} --`;
  return [
    // Both are ours, and not two ends of one cable: each goes.
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
    // Forwarding as a whole is Docker's and the operator's to turn on; a device of ours must not be the exception.
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

/** Whether the two ends belong together. */
function isPlugged({ outer, inner }: ObservedServiceAddress): boolean {
  return outer !== null && inner?.link_index !== undefined && inner.link_index === outer.ifindex;
}

/** A device with our name is ours if it leads into our namespace or carries our mark. */
function isOurs(observed: ObservedServiceAddress): boolean {
  return isPlugged(observed) || observed.outer?.ifalias === 'drover';
}

function findConflicts(settings: ServiceAddressSettings, observed: ObservedServiceAddress): Problem[] {
  const { device } = settings;
  const foreignRoute = observed.routes.find(({ dev }) => dev !== device);
  const squatter = observed.squatters.find((name) => name !== device);
  return [
    ...(observed.outer && !isOurs(observed)
      ? [
          {
            subject: `device ${device}`,
            what: 'exists and was not made by Drover',
            hint: 'remove or rename it, or give Drover another device name',
          },
        ]
      : []),
    ...(foreignRoute
      ? [
          {
            subject: `route to ${foreignRoute.dst}`,
            what: `leads to device ${foreignRoute.dev ?? '(none)'} already`,
            hint: 'remove that route, or give Drover another service address',
          },
        ]
      : []),
    ...(squatter
      ? [
          {
            subject: `device ${squatter}`,
            what: `has the address that containers ask Drover at`,
            hint: `remove the address from ${squatter} (is another metadata service running?), or give Drover another one`,
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
      what: 'is 0, so that containers cannot reach the service address',
      hint: 'start Docker, which turns it on; or set it: sysctl -w net.ipv4.ip_forward=1',
    },
  ];
}
