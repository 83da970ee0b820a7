/** A thing of the metadata, with the fields of its API. */
export type Item = Readonly<Record<string, unknown>>;

/** What a template sees: the metadata of one moment. */
export interface World {
  /** `container`, `service`, `stack` and `host` of whoever asks; without a container: `host` alone. */
  readonly self: Readonly<Record<string, unknown>>;
  readonly services: readonly Item[];
  readonly containers: readonly Item[];
  readonly stacks: readonly Item[];
  readonly hosts: readonly Item[];
  readonly networks: readonly Item[];
  /** Name of the environment and whatever else stands at the top. */
  readonly [more: string]: unknown;
}

/** The tree of one API version as a world; what is missing or of another form is empty. */
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
