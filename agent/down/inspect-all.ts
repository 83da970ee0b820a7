import type Docker from 'dockerode';

/** All containers; one that is removed in the meantime is left out. */
export async function inspectAll(docker: Docker): Promise<readonly Docker.ContainerInspectInfo[]> {
  const listed = await docker.listContainers({ all: true });
  const inspected = await Promise.all(
    listed.map(({ Id }) =>
      docker
        .getContainer(Id)
        .inspect()
        .catch(() => null),
    ),
  );
  return inspected.filter((one) => one !== null);
}

/** Its `--dns`; empty: Docker's `dns` setting applies. */
export function dnsOf({ HostConfig }: Docker.ContainerInspectInfo): readonly string[] {
  return HostConfig.Dns ?? [];
}
