/** A template and the file that it fills. */
export interface TemplateSpec {
  /** Where the template is declared; shown to users. */
  readonly name: string;
  /** Path of the template. */
  readonly source: string;
  /** `go`: a confd template. */
  readonly language: 'handlebars' | 'go';
  /** Path of the file that the template fills. */
  readonly destination: string;
  /** `user`, `user:group` or ids. Null: the present owner, or for a new file the user of this process. */
  readonly owner: string | null;
  /** Permission bits. Null: the present ones, or 0644 for a new file. */
  readonly mode: number | null;
  /** Shell command that checks a new version before it is put in place. `{{src}}` is the file to check. */
  readonly check: string | null;
  /** Shell command that runs after a new version is in place. `{{dest}}` is the file. */
  readonly reload: string | null;
  /** Keys of confd: paths of the metadata, below the prefix, that the template can read as keys. */
  readonly keys: readonly string[];
  /** The start of each path, which is left out of the template's keys. */
  readonly prefix: string;
}
