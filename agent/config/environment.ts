import { createHash } from 'node:crypto';
import type { Environment } from '../../model/index.ts';
import type { Config } from './config.ts';

/** The environment of a host. Its UUID is derived from its name, so all hosts have the same one. */
export function environmentOf({ environment: name, suffixes }: Pick<Config, 'environment' | 'suffixes'>): Environment {
  const digest = createHash('sha256').update(`drover environment ${name}`).digest();
  // Version 8: a custom UUID [RFC 9562 §5.8].
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x80;
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;
  const hex = digest.toString('hex');
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
  return { name, uuid, suffixes };
}
