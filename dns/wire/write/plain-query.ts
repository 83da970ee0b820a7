import { CLASS_IN } from '../codes.ts';
import { Packet } from '../dns2.ts';
import { ByteWriter } from './byte-writer.ts';

/** A query of our own: recursion desired, no EDNS, id 0 (the forwarder replaces it). Ends with its question. */
export function plainQuery(name: string, type: number): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(0x0100, 2);
  header.writeUInt16BE(1, 4);
  const writer = new ByteWriter(header);
  Packet.Name.encode(name, writer);
  writer.write(type, 16);
  writer.write(CLASS_IN, 16);
  return writer.toBuffer();
}
