/** One file that is to be kept. */
export interface TemplateSpec {
  /** For people: where it was declared. */
  readonly name: string;
  /** Path of the template. */
  readonly source: string;
  /** `go`: a template of confd. */
  readonly language: 'handlebars' | 'go';
  /** Path of the file that is kept. */
  readonly destination: string;
  /** `user`, `user:group` or ids; null: whoever has it now, else whoever runs this. */
  readonly owner: string | null;
  /** Permission bits; null: those it has now, else 0644. */
  readonly mode: number | null;
  /** Shell command that says whether a new version is fit, run before it is put in place; `{{src}}` is its file. */
  readonly check: string | null;
  /** Shell command after a new version is in place; `{{dest}}` is its file. */
  readonly reload: string | null;
  /** confd's keys: which paths of the metadata the template sees as keys, below the prefix. */
  readonly keys: readonly string[];
  /** Cut off from the keys the template sees. */
  readonly prefix: string;
}
