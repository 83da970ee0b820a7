/** A certificate that the running HAProxy has. */
export interface LoadedCertificate {
  /** As in `Certificate`; null: it is empty. */
  readonly fingerprint: string | null;
  readonly chainLength: number;
  readonly hasOcsp: boolean;
  /** `Certificate.version` that was given to this HAProxy at run time; null: it read the file when it started. */
  readonly version: string | null;
  /** `Certificate.version` that this HAProxy refuses; null: none. */
  readonly refused: string | null;
}

/** The certificates of the running HAProxy. */
export interface LoadedCertificates {
  /** By file. Only those of Drover's directory. */
  readonly files: ReadonlyMap<string, LoadedCertificate>;
  /** Files of the list of all certificates; null: no listener uses the list. */
  readonly listed: ReadonlySet<string> | null;
}

/** Parses lists such as `show ssl cert`, one name a line, with comments. */
export function parseNames(reply: string): readonly string[] {
  return reply.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

/** Parses the replies to `show ssl cert FILE`. */
export function parseLoaded(reply: string): ReadonlyMap<string, LoadedCertificate> {
  const sections = reply.split(/^(?=Filename: )/m).filter((text) => text.startsWith('Filename: '));
  return new Map(
    sections.map((text) => {
      const field = (name: string): string => new RegExp(`^${name}: *(.*)$`, 'm').exec(text)?.[1] ?? '';
      const loaded = {
        fingerprint: field('SHA1 FingerPrint') || null,
        chainLength: text.match(/^Chain Subject:/gm)?.length ?? 0,
        hasOcsp: field('OCSP Response Key') !== '',
        version: null,
        refused: null,
      };
      return [field('Filename'), loaded];
    }),
  );
}
