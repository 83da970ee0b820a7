import { basename } from 'node:path';
import { readerOf, USED_KEYS } from './keys.ts';
import { isMap, type Values } from './values.ts';

/** Maps of services that Rancher 1.6 reads beside `services`, and how their keys become those of a service. */
const SECTIONS: Readonly<Record<string, (keys: Values) => Values>> = {
  load_balancers: (keys) => {
    const isRule = ([key]: [string, unknown]) => LB_CONFIG_KEYS.has(key);
    const entries = Object.entries(keys);
    return {
      ...Object.fromEntries(entries.filter((entry) => !isRule(entry))),
      lb_config: { ...asMap(keys.lb_config), ...Object.fromEntries(entries.filter(isRule)) },
    };
  },
  external_services: (keys) => ({ ...keys, image: 'rancher/external-service' }),
  aliases: ({ services, ...keys }) => ({ ...keys, image: 'rancher/dns-service', links: services }),
  virtual_machines: (keys) => keys,
};

const LB_CONFIG_KEYS: ReadonlySet<string> = new Set([
  'certs',
  'default_cert',
  'port_rules',
  'config',
  'stickiness_policy',
]);

/** The names of the sections. */
export const RANCHER_SECTIONS: readonly string[] = Object.keys(SECTIONS);

/** The services of the sections of a file. What is not a map is left for the checks of a service. */
export function rancherSections(
  top: Values,
): readonly { readonly at: readonly string[]; readonly services: unknown }[] {
  return Object.entries(SECTIONS).flatMap(([name, convert]) => {
    const section = top[name];
    if (section === undefined || section === null) return [];
    if (!isMap(section)) return [{ at: [name], services: section }];
    const services = Object.entries(section).map(([key, keys]) => [key, isMap(keys) ? convert(keys) : keys]);
    return [{ at: [name], services: Object.fromEntries(services) }];
  });
}

/** What `hostname` means in a file. `unclear`: an external service, unless another file gives it an image. */
export type HostnameMeaning = 'external' | 'container' | 'unclear';

/**
 * In a rancher-compose.yml `hostname` makes an external service, in a Compose file it is the host name of the container. A file with
 * another name is a Compose file if a service has a key of Compose, else a rancher-compose.yml if one has a key of that.
 */
export function hostnameMeaning(path: string, services: unknown): HostnameMeaning {
  const name = basename(path);
  if (/rancher-compose/i.test(name)) return 'external';
  if (/^(docker-)?compose\b/i.test(name)) return 'container';
  const keys = new Set(Object.values(asMap(services)).flatMap((one) => Object.keys(asMap(one))));
  if ([...keys].some(isOfCompose)) return 'container';
  return [...keys].some((key) => !IN_BOTH.has(key) && readerOf(key) !== null) ? 'external' : 'unclear';
}

const IN_BOTH: ReadonlySet<string> = new Set(['hostname', 'scale']);

function isOfCompose(key: string): boolean {
  const from = USED_KEYS.find((one) => one.key === key)?.from;
  return from === 'docker-compose.yml' || key === 'deploy' || readerOf(key) === 'runtime';
}

/** Whether an image is one of Rancher's, with or without a registry and a tag. */
export function isRancherImage(image: unknown, name: string): boolean {
  return (
    typeof image === 'string' &&
    image.replace(/^(index\.)?docker\.io\//, '').replace(/[:@].*$/, '') === `rancher/${name}`
  );
}

function asMap(value: unknown): Values {
  return isMap(value) ? value : {};
}
