/**
 * Who reads a key of a service. `drover`: we do. `scheduler` and `runtime`: whoever places and starts containers; named and
 * left alone.
 */
export type KeyReader = 'drover' | 'scheduler' | 'runtime';

/** A key of a service that we read, and what it is for. */
export interface UsedKey {
  readonly key: string;
  /** Where users know it from. */
  readonly from: 'rancher-compose.yml' | 'docker-compose.yml' | 'Drover';
  readonly meaning: string;
}

/** Every key we read, in the order of the guide page. */
export const USED_KEYS: readonly UsedKey[] = [
  used('external_ips', 'rancher-compose.yml', 'external service: the addresses it stands for'),
  used(
    'hostname',
    'rancher-compose.yml',
    "external service: the name it stands for (elsewhere the container's host name: ignored)",
  ),
  used(
    'health_check',
    'rancher-compose.yml',
    '`port`, `request_line`, `interval`, `response_timeout`, thresholds, `strategy`, timeouts',
  ),
  used('lb_config', 'rancher-compose.yml', '`port_rules`, `certs`, `default_cert`, `config`, `stickiness_policy`'),
  used('metadata', 'rancher-compose.yml', 'any tree, readable at `/latest/self/service/metadata`'),
  used('metadata_file', 'Drover', 'a YAML or JSON file with more of it, beside the manifest'),
  used('scale', 'rancher-compose.yml', 'the number shown in metadata; nobody is started by it'),
  used('drain_timeout_ms', 'rancher-compose.yml', 'how long a stopping endpoint may finish its connections'),
  used('service_links', 'rancher-compose.yml', 'names for other services, as `links`'),
  used(
    'image',
    'docker-compose.yml',
    'tells the kind: `rancher/external-service`, `rancher/dns-service`, `rancher/lb-service-haproxy`',
  ),
  used('labels', 'docker-compose.yml', 'list or map; `io.rancher.sidekicks` names the sidekicks'),
  used('links', 'docker-compose.yml', '`service`, `service:alias`, `stack/service:alias`; list or map'),
  used('external_links', 'docker-compose.yml', '`stack/service:alias`; a link to a container is for the runtime'),
  used('ports', 'docker-compose.yml', 'shown in metadata'),
  used('expose', 'docker-compose.yml', 'shown in metadata'),
  used('kind', 'Drover', '`service`, `externalService`, `dnsService`, `loadBalancerService`, where nothing else tells'),
  used('alias_of', 'Drover', 'alias (`dnsService`): the service or services this name stands for'),
  used('sidekicks', 'Drover', 'names of the sidekicks, as the label'),
  used('vip', 'Drover', "an address to answer with instead of the containers' own"),
  used('answers', 'Drover', '`all` endpoints in an answer, or `one` at a time'),
  used(
    'weight',
    'Drover',
    'how often its endpoints come first beside others, 0 to 256; the label `drover.weight` for one',
  ),
  used(
    'dns',
    'Drover',
    "`{ttl: seconds, prefer: local, txt: [text]}`; in plain compose the container's resolvers: ignored",
  ),
];

const SCHEDULER =
  'retain_ip upgrade_strategy start_on_create default_cert_id disks storage_driver network_driver scale_min scale_max ' +
  'scale_increment scale_policy milli_cpu_reservation deploy global load_balancer_config type userdata vcpu memory';

const RUNTIME =
  'annotations attach blkio_config build cap_add cap_drop cgroup cgroup_parent command configs container_name cpu_count ' +
  'cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_set cpu_shares cpus cpuset credential_spec depends_on ' +
  'develop device_cgroup_rules devices dns_opt dns_search dockerfile domainname entrypoint env_file environment extends ' +
  'extra_hosts gpus group_add healthcheck healthcheck_config init ipc isolation label_file log_driver log_opt logging ' +
  'mac_address mem_limit mem_reservation mem_swappiness memswap_limit models name net network_mode networks oom_kill_disable ' +
  'oom_score_adj pid pids_limit platform post_start pre_stop privileged profiles provider pull_policy read_only restart runtime ' +
  'secrets security_opt shm_size stdin_open stop_grace_period stop_signal storage_opt sysctls tmpfs tty ulimits ' +
  'use_api_socket user userns_mode uts volume_driver volumes volumes_from working_dir';

const READERS: ReadonlyMap<string, KeyReader> = new Map([
  ...RUNTIME.split(' ').map((key) => [key, 'runtime'] as const),
  ...SCHEDULER.split(' ').map((key) => [key, 'scheduler'] as const),
  ...USED_KEYS.map(({ key }) => [key, 'drover'] as const),
]);

/** Who reads this key of a service; null for a key nobody knows. */
export function readerOf(key: string): KeyReader | null {
  return READERS.get(key) ?? null;
}

/** Every key of a service that somebody reads, ours first, for suggestions. */
export function knownKeys(): readonly string[] {
  return [...USED_KEYS.map(({ key }) => key), 'x-drover', ...READERS.keys()];
}

/** Keys beside `services` that are for somebody else. */
export const IGNORED_TOP_KEYS: ReadonlySet<string> = new Set(
  'version volumes networks secrets configs models include certs hosts dependencies catalog .catalog'.split(' '),
);

function used(key: string, from: UsedKey['from'], meaning: string): UsedKey {
  return { key, from, meaning };
}
