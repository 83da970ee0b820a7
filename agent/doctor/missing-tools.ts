import type { Problem } from '../../model/index.ts';
import type { RunCommand } from '../../system/index.ts';

/** Program -> its purpose, and the Debian package that contains it. */
const TOOLS: Readonly<Record<string, readonly [string, string]>> = {
  ip: ['namespaces, links and routes', 'iproute2'],
  nft: ["Drover's own firewall table", 'nftables'],
  iptables: ["the rules in Docker's DOCKER-USER chain", 'iptables'],
  nsenter: ['starting dns and metadata in their namespace', 'util-linux'],
  flock: ['starting dns and metadata only once', 'util-linux'],
};

/** Programs the agent needs that are not on the PATH. */
export async function findMissingTools(run: RunCommand): Promise<readonly Problem[]> {
  const found = await Promise.all(
    Object.keys(TOOLS).map((tool) =>
      run('sh', ['-c', `command -v ${tool}`]).then(
        () => true,
        () => false,
      ),
    ),
  );
  return Object.entries(TOOLS).flatMap(([tool, [purpose, debian]], index) =>
    found[index]
      ? []
      : [
          {
            subject: `program ${tool}`,
            what: `is not installed; Drover needs it for ${purpose}`,
            hint: `install it: apt-get install ${debian}`,
          },
        ],
  );
}
