import { readFileSync } from 'node:fs';

const FOLDER = '/usr/share/zoneinfo';

/**
 * The abbreviation of a time zone, such as CEST, from the file that Go reads [RFC 9636]: the newest one before the time that has
 * this offset from UTC. Null: the machine has no file of the zone, or none that fits.
 */
export function zoneAbbreviation(zone: string, ms: number, offsetMinutes: number): string | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(`${FOLDER}/${zone}`);
  } catch {
    return null;
  }
  // The file begins with a block of 32-bit times, for old programs.
  const old = blockAt(bytes, 0, 4);
  const { times, typeOfTime, types, names, changes } = blockAt(bytes, old.end, 8);
  for (let at = changes - 1; at >= -1; at -= 1) {
    if (at >= 0 && Number(bytes.readBigInt64BE(times + 8 * at)) * 1_000 > ms) continue;
    // The first type is that of the time before all changes.
    const type = types + 6 * (at < 0 ? 0 : bytes.readUInt8(typeOfTime + at));
    const name = names + bytes.readUInt8(type + 5);
    if (bytes.readInt32BE(type) === offsetMinutes * 60) return bytes.toString('latin1', name, bytes.indexOf(0, name));
  }
  return null;
}

/**
 * Where the parts of a block are. Its header ends with six counts: UTC and standard marks, leap seconds, changes, types, and bytes
 * of names. Then come the times of the changes, the type from each change on, and all types.
 */
function blockAt(bytes: Buffer, start: number, timeSize: 4 | 8) {
  const count = (at: number) => bytes.readUInt32BE(start + 20 + 4 * at);
  const changes = count(3);
  const times = start + 44;
  const typeOfTime = times + timeSize * changes;
  const types = typeOfTime + changes;
  const names = types + 6 * count(4);
  const end = names + count(5) + (timeSize + 4) * count(2) + count(1) + count(0);
  return { times, typeOfTime, types, names, changes, end };
}
