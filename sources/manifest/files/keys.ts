/**
 * Which program reads a key of a service. Keys of the `scheduler` and the container `runtime` are reported once and ignored.
 */
export type KeyReader = 'drover' | 'scheduler' | 'runtime';

/** A key of a service that Drover reads, and its meaning. */
export interface UsedKey {
  readonly key: string;
  /** The file format that introduced the key. */
  readonly from: 'rancher-compose.yml' | 'docker-compose.yml' | 'Drover';
  readonly meaning: string;
}

/** Every key that Drover reads, in the order of docs/manifests.md. */
export const USED_KEYS: readonly UsedKey[] = [
  used('external_ips', 'rancher-compose.yml', 'external service: its addresses'),
  used(
    'hostname',
    'rancher-compose.yml',
    "external service: the host name it resolves to (in a Compose file: the container's host name, ignored)",
  ),
  used(
    'health_check',
    'rancher-compose.yml',
    '`port`, `request_line`, `interval`, `response_timeout`, thresholds, `strategy`, timeouts',
  ),
  used('lb_config', 'rancher-compose.yml', '`port_rules`, `certs`, `default_cert`, `config`, `stickiness_policy`'),
  used('certs', 'rancher-compose.yml', 'certificates of a load balancer, like `lb_config.certs`'),
  used('default_cert', 'rancher-compose.yml', 'like `lb_config.default_cert`'),
  used(
    'load_balancer_config',
    'rancher-compose.yml',
    'of `rancher/load-balancer-service`: `haproxy_config`, `lb_cookie_stickiness_policy`',
  ),
  used('metadata', 'rancher-compose.yml', 'any tree, readable at `/latest/self/service/metadata`'),
  used('metadata_file', 'Drover', 'a YAML or JSON file with further metadata, relative to the manifest'),
  used('scale', 'rancher-compose.yml', 'the number shown in metadata; Drover starts no containers'),
  used('drain_timeout_ms', 'rancher-compose.yml', 'time a stopping endpoint has to finish its connections'),
  used('service_links', 'rancher-compose.yml', 'names for other services, like `links`'),
  used(
    'image',
    'docker-compose.yml',
    'determines the kind: `rancher/external-service`, `rancher/dns-service`, `rancher/load-balancer-service`',
  ),
  used('labels', 'docker-compose.yml', 'list or map; `io.rancher.sidekicks` names the sidekicks'),
  used('links', 'docker-compose.yml', '`service`, `service:alias`, `stack/service:alias`; list or map'),
  used(
    'external_links',
    'docker-compose.yml',
    '`stack/service:alias`, or `service:alias` of the same stack; links to containers are ignored (container runtime)',
  ),
  used('extends', 'docker-compose.yml', 'a service, of this or another file, whose keys are put below the own ones'),
  used('ports', 'docker-compose.yml', 'shown in metadata'),
  used('expose', 'docker-compose.yml', 'shown in metadata'),
  used(
    'kind',
    'Drover',
    '`service`, `externalService`, `dnsService` or `loadBalancerService`, if nothing else determines it',
  ),
  used('alias_of', 'Drover', 'alias (`dnsService`): the service or services it resolves to'),
  used('sidekicks', 'Drover', 'names of the sidekicks, like the label'),
  used('vip', 'Drover', "an address to answer with instead of the containers' addresses"),
  used(
    'answers',
    'Drover',
    '`all` ready endpoints in each answer, `one` in rotation, or all `started` ones, ready or not',
  ),
  used(
    'weight',
    'Drover',
    'how often its endpoints come first, relative to others, 0 to 256; for a single container: label `drover.weight`',
  ),
  used(
    'dns',
    'Drover',
    "`{ttl: seconds, prefer: local, txt: [text]}`; in plain Compose: the container's resolvers, ignored",
  ),
];

const SCHEDULER =
  'retain_ip upgrade_strategy start_on_create create_only service_schemas disks storage_driver network_driver scale_min ' +
  'scale_max scale_increment scale_policy milli_cpu_reservation deploy global type userdata uuid vcpu memory';

const RUNTIME =
  'annotations attach blkio_config build cap_add cap_drop cgroup cgroup_parent command configs container_name cpu_count ' +
  'cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_set cpu_shares cpus cpuset credential_spec depends_on ' +
  'develop device_cgroup_rules devices dns_opt dns_search dockerfile domainname entrypoint env_file environment ' +
  'extra_hosts gpus group_add healthcheck healthcheck_config init ipc isolation label_file log_driver log_opt logging ' +
  'mac_address mem_limit mem_reservation mem_swappiness memswap_limit models name net network_mode networks oom_kill_disable ' +
  'oom_score_adj pid pids_limit platform post_start pre_stop privileged profiles provider pull_policy read_only restart runtime ' +
  'secrets security_opt shm_size stdin_open stop_grace_period stop_signal storage_opt sysctls tmpfs tty ulimits ' +
  'use_api_socket user userns_mode uts volume_driver volumes volumes_from working_dir ' +
  'blkio_weight blkio_weight_device device_read_bps device_read_iops device_write_bps device_write_iops';

const READERS: ReadonlyMap<string, KeyReader> = new Map([
  ...RUNTIME.split(' ').map((key) => [key, 'runtime'] as const),
  ...SCHEDULER.split(' ').map((key) => [key, 'scheduler'] as const),
  ...USED_KEYS.map(({ key }) => [key, 'drover'] as const),
]);

/** The program that reads this key of a service; null for an unknown key. */
export function readerOf(key: string): KeyReader | null {
  return READERS.get(key) ?? null;
}

/** The keys of a service that Drover reads, for suggestions. */
export function ownKeys(): readonly string[] {
  return [...USED_KEYS.map(({ key }) => key), 'x-drover'];
}

/** Top-level keys that other programs read. */
export const IGNORED_TOP_KEYS: ReadonlySet<string> = new Set(
  (
    'version volumes networks secrets configs models certs hosts dependencies containers storage_drivers ' +
    'network_drivers catalog .catalog'
  ).split(' '),
);

function used(key: string, from: UsedKey['from'], meaning: string): UsedKey {
  return { key, from, meaning };
}
