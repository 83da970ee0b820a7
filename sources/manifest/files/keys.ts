/** Which program reads a key of a service. Keys of the `scheduler` and the container `runtime` are reported once and ignored. */
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
  ...keysFrom('rancher-compose.yml', {
    external_ips: 'external service: its addresses',
    hostname: "external service: the host name it resolves to (in a Compose file: the container's host name, ignored)",
    health_check:
      '`port` or `exec`, `request_line`, `expected_status`, `interval`, `response_timeout`, thresholds, `strategy`, timeouts',
    lb_config: '[rules and options of a load balancer](#load-balancers)',
    certs: 'certificates of a load balancer, like `lb_config.certs`',
    default_cert: 'like `lb_config.default_cert`',
    load_balancer_config: 'of `rancher/load-balancer-service`: `haproxy_config`, `lb_cookie_stickiness_policy`',
    metadata: 'any tree, readable at `/latest/self/service/metadata`',
    scale: 'the number shown in metadata; Drover starts no containers',
    drain_timeout_ms:
      'time a stopping endpoint has to finish its connections; of a load balancer: for all endpoints behind it',
    service_links: 'names for other services, like `links`',
  }),
  ...keysFrom('docker-compose.yml', {
    image: 'determines the kind: `rancher/external-service`, `rancher/dns-service`, `rancher/load-balancer-service`',
    labels: 'list or map; `io.rancher.sidekicks` names the sidekicks',
    links: '`service`, `service:alias`, `stack/service:alias`; list or map',
    external_links:
      '`stack/service:alias`, or `service:alias` of the same stack; links to containers are ignored (container runtime)',
    extends: 'a service of this or another file: this service has its keys as well, and its own keys win',
    ports: 'shown in metadata',
    expose: 'shown in metadata',
  }),
  ...keysFrom('Drover', {
    lb: 'publishes the service with a load balancer: a short form of the [labels](load-balancer.md#labels) `drover.lb.*`',
    metadata_file: 'a YAML or JSON file with further metadata, relative to the manifest',
    kind: '`service`, `externalService`, `dnsService` or `loadBalancerService`; without it, other keys determine the kind',
    alias_of: 'alias (`dnsService`): the service or services it resolves to',
    sidekicks: 'names of the sidekicks, like the label',
    vip: "an address to answer with instead of the containers' addresses",
    answers: '`all` ready endpoints in each answer, `one` in rotation, or all `started` ones, ready or not',
    weight:
      'how often its endpoints come first, relative to others, 0 to 256; for a single container: label `drover.weight`',
    dns: "`{ttl: seconds, prefer: local, txt: [text]}`; in plain Compose: the container's resolvers, ignored",
  }),
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

function keysFrom(from: UsedKey['from'], meanings: Readonly<Record<string, string>>): readonly UsedKey[] {
  return Object.entries(meanings).map(([key, meaning]) => ({ key, from, meaning }));
}
