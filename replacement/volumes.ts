import type Docker from 'dockerode';

type Inspect = Pick<Docker.ContainerInspectInfo, 'HostConfig' | 'Mounts'>;
type Mount = Inspect['Mounts'][number];

/**
 * Binds and mounts that give a new container the volumes of this one. Docker lists the name of an anonymous volume only among the
 * mounts; without its name, the new container would start with an empty volume. Pure.
 */
export function volumesOf({ HostConfig, Mounts }: Inspect): Pick<Docker.HostConfig, 'Binds' | 'Mounts'> {
  const volumes = Mounts.filter(({ Type, Name }) => Type === 'volume' && Name);
  const nameAt = (target: string) => volumes.find(({ Destination }) => samePath(Destination, target))?.Name;
  const requested = (HostConfig.Mounts ?? []).map((mount) => {
    const name = mount.Type === 'volume' && !mount.Source ? nameAt(mount.Target) : undefined;
    return name === undefined ? mount : { ...mount, Source: name };
  });
  const binds = HostConfig.Binds ?? [];
  const targets = [...binds.map(targetOfBind), ...requested.map(({ Target }) => Target)];
  const anonymous = volumes.filter(({ Destination }) => !targets.some((target) => samePath(target, Destination)));
  return {
    ...(HostConfig.Mounts ? { Mounts: requested } : {}),
    ...(binds.length + anonymous.length > 0 ? { Binds: [...binds, ...anonymous.map(bindOf)] } : {}),
  };
}

function bindOf({ Name, Destination, Mode, RW }: Mount): string {
  const modes = Mode.split(',').filter((mode) => mode !== '' && mode !== 'ro' && mode !== 'rw');
  const options = [...modes, ...(RW ? [] : ['ro'])].join(',');
  return `${Name}:${Destination}${options === '' ? '' : `:${options}`}`;
}

/** The path in the container of `source:target[:options]`. */
function targetOfBind(bind: string): string {
  return bind.split(':')[1] ?? bind;
}

function samePath(a: string, b: string): boolean {
  return withoutSlash(a) === withoutSlash(b);
}

function withoutSlash(path: string): string {
  return path.replace(/\/+/g, '/').replace(/(?<=.)\/$/, '');
}
