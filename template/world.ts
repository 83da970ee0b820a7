/** An object of the metadata, with the fields of the API. */
export type Item = Readonly<Record<string, unknown>>;

/** The metadata that a template reads, all of one state. */
export interface World {
  /** `container`, `service`, `stack` and `host` of the container that runs the template; on a host only `host`. */
  readonly self: Readonly<Record<string, unknown>>;
  readonly services: readonly Item[];
  readonly containers: readonly Item[];
  readonly stacks: readonly Item[];
  readonly hosts: readonly Item[];
  readonly networks: readonly Item[];
  /** The name of the environment and other keys at the top. */
  readonly [more: string]: unknown;
}

/** The tree of one API version as a world. Missing or malformed parts are empty. */
export function worldOf(tree: unknown): World {
  const top = isItem(tree) ? tree : {};
  const list = (name: string): readonly Item[] => {
    const value = top[name];
    return Array.isArray(value) ? value.filter(isItem) : [];
  };
  return {
    ...top,
    self: isItem(top.self) ? top.self : {},
    services: list('services'),
    containers: list('containers'),
    stacks: list('stacks'),
    hosts: list('hosts'),
    networks: list('networks'),
  };
}

function isItem(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
