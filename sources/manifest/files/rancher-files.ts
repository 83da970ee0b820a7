import { basename } from 'node:path';
import { readerOf } from './keys.ts';
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

/**
 * Whether a file is a rancher-compose.yml, where `hostname` makes an external service. In a Compose file `hostname` is the host name
 * of the container. A file with another name is taken for a rancher-compose.yml if no service has a key of the container runtime.
 */
export function isRancherFile(path: string, services: unknown): boolean {
  const name = basename(path);
  if (/rancher-compose/i.test(name)) return true;
  if (/^(docker-)?compose\b/i.test(name)) return false;
  return !Object.values(asMap(services)).some((keys) => Object.keys(asMap(keys)).some(isOfRuntime));
}

function isOfRuntime(key: string): boolean {
  return key === 'image' || readerOf(key) === 'runtime';
}

function asMap(value: unknown): Values {
  return isMap(value) ? value : {};
}
