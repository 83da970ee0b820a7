import type Docker from 'dockerode';

/** Docker's name of the IPAM driver. */
export const IPAM_DRIVER = 'drover';

/** The Docker networks whose addresses Drover assigns: the managed network, and those that users made with the driver. */
export async function listDriverNetworks(docker: Docker): Promise<readonly Docker.NetworkInspectInfo[]> {
  return (await docker.listNetworks()).filter(({ IPAM }) => IPAM?.Driver === IPAM_DRIVER);
}
