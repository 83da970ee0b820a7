import {
  type AnsweredEndpoint,
  endpointPorts,
  endpointTarget,
  endpointWeight,
  isPort,
  type PortName,
} from '../../view/index.ts';
import type { ServiceRecord, TargetAddress } from '../query/resolution.ts';
import type { ResolveContext } from './resolve-context.ts';

/** SRV records of endpoints, with the addresses of their targets. */
export interface ServiceRecords {
  readonly services: readonly ServiceRecord[];
  readonly additional: readonly TargetAddress[];
}

/** For one port or all ports. Endpoints in `second` get a lower priority: clients use them if none of the first works. */
export function serviceRecords(
  { view, recorder }: Pick<ResolveContext, 'view' | 'recorder'>,
  first: readonly AnsweredEndpoint[],
  second: readonly AnsweredEndpoint[],
  wanted: PortName | null,
): ServiceRecords {
  const services = new Map<string, ServiceRecord>();
  const additional = new Map<string, TargetAddress>();
  for (const [priority, endpoints] of [first, second].entries()) {
    for (const endpoint of endpoints) {
      const target = endpointTarget(view, endpoint, recorder);
      if (target === null) continue;
      const weight = endpointWeight(view, endpoint);
      for (const port of endpointPorts(view, endpoint)) {
        if (wanted && !isPort(port, wanted)) continue;
        const record = { priority, weight, port: port.reached, target };
        services.set(`${record.port} ${target}`, services.get(`${record.port} ${target}`) ?? record);
        for (const address of endpoint.addresses) {
          additional.set(`${target} ${address}`, { name: target.slice(0, -1), address });
        }
      }
    }
  }
  return { services: [...services.values()], additional: [...additional.values()] };
}
