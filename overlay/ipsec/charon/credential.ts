import { createHash } from 'node:crypto';
import { ok, type Problem, problem, type Result } from '../../../model/index.ts';
import { createKeyFile, expectKey } from '../../keys/key-file.ts';
import { ed25519Keys } from '../../keys/key-kinds.ts';
import { readPrivateFile } from '../../keys/private-file.ts';
import type { Vici } from '../vici/client.ts';
import { listOf } from '../vici/message.ts';

/** With what a host proves to its peers who it is. */
export interface Credential {
  /** As it is published (`TunnelEnd.publicKey`). */
  readonly publicKey: string;
  /** How charon names it. */
  readonly id: string;
  /** Must not be logged or published. */
  readonly secret: string;
}

/** The credential of this host: where it is, and how charon gets it. */
export interface CredentialFile {
  read(): Promise<Result<Credential>>;
  /** Makes another one, if hosts make it. */
  renew(): Promise<void>;
  /** Ids of those that charon has. */
  list(vici: Vici): Promise<readonly string[]>;
  load(vici: Vici, credential: Credential): Promise<unknown>;
  unload(vici: Vici, id: string): Promise<unknown>;
}

const KEY_BYTES = 32;

/** How charon names a key: SHA-1 of its 32 bytes. */
export function keyIdOf(publicKey: string): string {
  return createHash('sha1').update(Buffer.from(publicKey, 'base64').subarray(-KEY_BYTES)).digest('hex');
}

/** A key pair that the host makes. */
export function createKeyCredential(path: string): CredentialFile {
  const file = createKeyFile({ path, kind: ed25519Keys });
  return {
    read: async () => {
      const found = await file.read();
      if (!found.ok) return found;
      const { publicKey, privateKey } = found.value;
      return ok({ publicKey, id: keyIdOf(publicKey), secret: privateKey });
    },
    renew: async () => void expectKey(await file.renew()),
    list: async (vici) => listOf(await vici.request('get-keys'), 'keys'),
    load: (vici, { secret }) => vici.request('load-key', { type: 'any', data: secret }),
    unload: (vici, id) => vici.request('unload-key', { id }),
  };
}

/** What a host with a shared secret publishes in place of a public key. */
export const SHARED_SECRET = 'shared-secret';
/** A shorter one can be guessed by who listens to one attempt. */
const LEAST_BYTES = 32;

/** One secret of all hosts, which the operator makes. */
export function createSecretCredential(path: string): CredentialFile {
  const about = { subject: `shared secret ${path}`, replace: `write the secret into a file ${path}, with mode 600` };
  const refused = (what: string): Result<never> =>
    problem(about.subject, what, `write the same secret of at least ${LEAST_BYTES} bytes on all hosts, with mode 600`);
  const read = async (): Promise<Result<Credential>> => {
    const found = await readPrivateFile(path, about);
    if (found === null) return refused('there is no such file');
    if (!found.ok) return found;
    const secret = found.value.trim();
    const bytes = Buffer.byteLength(secret);
    if (bytes < LEAST_BYTES) return refused(`has ${bytes} bytes only`);
    // The id is logged: it tells two secrets apart, and says little of a weak one.
    const id = createHash('sha256').update(secret).digest('hex').slice(0, 8);
    return ok({ publicKey: SHARED_SECRET, id, secret });
  };
  return {
    read: () => read().catch(({ message }: Error) => refused(`cannot be read: ${message}`)),
    renew: async () => {},
    list: async (vici) => listOf(await vici.request('get-shared'), 'keys'),
    load: (vici, { id, secret }) => vici.request('load-shared', { id, type: 'ike', data: secret }),
    unload: (vici, id) => vici.request('unload-shared', { id }),
  };
}

/** Of a host that proves itself in the other way; null: in the same way. */
export function credentialFault(ownKey: string, peerKey: string | null): Pick<Problem, 'what' | 'hint'> | null {
  const [own, peer] = [ownKey === SHARED_SECRET, peerKey === SHARED_SECRET];
  if (own === peer) return null;
  const what = peer
    ? 'it uses a shared secret, and this host a key of its own'
    : 'it uses a key of its own, and this host a shared secret';
  return { what, hint: 'set `network.ipsecSecretFile` on all hosts, or on none' };
}
