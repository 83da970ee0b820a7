import { lbLabels, type SchemaFault, scalarText } from '../../../model/index.ts';
import { isMap } from '../files/values.ts';

type Labels = Readonly<Record<string, string>>;

const PREFIX = 'drover.lb.';

export interface ShortForm {
  /** The labels of the service, with those that its key `lb` stands for. */
  readonly labels: Labels;
  readonly faults: readonly SchemaFault[];
}

/**
 * The key `lb` of a service, `{ host: shop.example.com, port: 8080 }`, is a short form of the labels `drover.lb.*`. Lists become texts with commas.
 * Several rules: `{ shop: { host: ... }, api: { host: ... } }`.
 */
export function withLbLabels(given: unknown, labels: Labels): ShortForm {
  const faults: SchemaFault[] = [];
  const places = new Map<string, SchemaFault['path']>();
  const flat: Record<string, string> = {};
  const collect = (value: unknown, path: readonly string[]): void => {
    if (isMap(value) && path.length < 3) {
      for (const [key, member] of Object.entries(value)) collect(member, [...path, key]);
      return;
    }
    const text = path.length === 1 ? null : textOf(value);
    if (text === null) {
      const what = path.length === 1 ? 'is not a map of keys and values' : 'is neither a value nor a list of values';
      faults.push({ path, what, hint: 'write keys such as `host: shop.example.com`' });
      return;
    }
    const label = PREFIX + path.slice(1).join('.');
    places.set(label, path);
    flat[label] = text;
  };
  if (given !== null && given !== undefined) collect(given, ['lb']);
  const all = { ...labels, ...flat };
  const ofLabels = lbLabels(all).faults.map(({ label, what, hint = 'correct it' }) => {
    // A missing label is missing where the others of its rule are.
    const sibling = [...places].find(([one]) => one.startsWith(label.slice(0, label.lastIndexOf('.') + 1)))?.[1];
    const isMissing = !(label in all);
    const near = sibling && isMissing ? [...sibling.slice(0, -1), label.slice(label.lastIndexOf('.') + 1)] : null;
    return { path: places.get(label) ?? near ?? ['labels', label], what, hint };
  });
  return { labels: all, faults: [...faults, ...ofLabels] };
}

function textOf(value: unknown): string | null {
  if (value === null) return '';
  if (!Array.isArray(value)) return scalarText(value);
  const texts = value.map((item: unknown) => scalarText(item));
  return texts.includes(null) ? null : texts.join(',');
}
