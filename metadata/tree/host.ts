import type { Environment, Host } from '../../model/index.ts';
import type { ValueObject } from '../value/value.ts';
import { uuidOf } from './uuid.ts';
import type { Version } from './versions.ts';

/** A host's object. */
export function hostObject(environment: Environment, host: Host, version: Version): ValueObject {
  return {
    agent_ip: host.address,
    agent_state: null,
    environment_uuid: environment.uuid,
    ...(version.hostIds ? { hostId: numberOf(host.id) } : {}),
    hostname: host.hostname,
    labels: host.labels,
    local_storage_mb: host.localStorageMb,
    memory: host.memoryBytes,
    metadata_kind: 'host',
    milli_cpu: host.milliCpu,
    name: host.name || host.hostname,
    state: 'active',
    uuid: host.id,
  };
}

/** A stable number from 0 to 2^31, in place of the original's database id. */
function numberOf(hostId: string): number {
  return Number.parseInt(uuidOf('hostId', hostId).slice(0, 8), 16) >>> 1;
}
