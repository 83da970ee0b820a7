/** The dated versions of the API; `latest` is the last. */
export const VERSIONS = ['2015-07-25', '2015-12-19', '2016-07-29'] as const;

export type VersionName = (typeof VERSIONS)[number];

/** All differences between the versions. */
export interface Version {
  readonly name: VersionName;
  /** Names of containers, services and stacks are in lower case everywhere. */
  readonly lowerCase: boolean;
  /** Services list their containers, and stacks their services, by name only. */
  readonly membersByName: boolean;
  /** A port published on all addresses shows the host's address, not `0.0.0.0`. */
  readonly portsOnHostAddress: boolean;
  readonly hostIds: boolean;
  readonly environments: boolean;
  /** A service without links has null, not `{}`. */
  readonly nullLinks: boolean;
}

/** The version called `latest`. */
export const NEWEST: Version = {
  name: '2016-07-29',
  lowerCase: true,
  membersByName: false,
  portsOnHostAddress: false,
  hostIds: false,
  environments: true,
  nullLinks: false,
};
const OF_2015: Version = {
  name: '2015-12-19',
  lowerCase: false,
  membersByName: false,
  portsOnHostAddress: true,
  hostIds: true,
  environments: false,
  nullLinks: true,
};
const OLDEST: Version = { ...OF_2015, name: '2015-07-25', membersByName: true };

const BY_NAME: ReadonlyMap<string, Version> = new Map([
  ['2015-07-25', OLDEST],
  ['2015-12-19', OF_2015],
  ['2016-07-29', NEWEST],
  ['latest', NEWEST],
]);

/** The version with this name. Undefined: there is none. */
export function findVersion(name: string): Version | undefined {
  return BY_NAME.get(name);
}

/** A name of a container, service or stack as this version shows it. */
export function nameIn(version: Version, name: string): string {
  return version.lowerCase ? name.toLowerCase() : name;
}
