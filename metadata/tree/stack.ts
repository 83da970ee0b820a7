import type { Environment } from '../../model/index.ts';
import type { StackView } from '../../view/index.ts';
import type { ValueObject } from '../value/value.ts';
import { members, stackUuid } from './service.ts';
import { nameIn, type Version } from './versions.ts';

interface Context {
  readonly environment: Environment;
  readonly services: readonly ValueObject[];
  readonly version: Version;
}

/** A stack's object. */
export function stackObject(stack: StackView, { environment, services, version }: Context): ValueObject {
  return {
    environment_name: environment.name,
    environment_uuid: environment.uuid,
    metadata_kind: 'stack',
    name: nameIn(version, stack.name),
    services: members(services, version),
    system: services.length > 0 && services.every(({ system }) => system === true),
    uuid: stackUuid(environment, stack.key),
  };
}
