/** A JSON value, as it travels over the bus and the feed. Treated as immutable everywhere. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

export type JsonObject = { readonly [key: string]: JsonValue };
