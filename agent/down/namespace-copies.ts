/**
 * Where else a network namespace is mounted, from the text of /proc/self/mountinfo. A container that mounts /run and Docker's data
 * directory of the host has copies of the mounts below them, and the file of a mounted namespace cannot be removed. Pure.
 */
export function namespaceCopies(mountinfo: string, namespace: string): readonly string[] {
  const file = `/run/netns/${namespace}`;
  const points = mountinfo.split('\n').map((line) => line.split(' ')[4] ?? '');
  return points.filter((point) => point !== file && point.endsWith(file));
}
