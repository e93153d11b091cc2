// Query strings.

export type Query = { readonly [name: string]: string | number | boolean | undefined }

/** `path` with what of `query` is not undefined. */
export function withQuery(path: string, query: Query): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value))
  return search.size === 0 ? path : `${path}?${search.toString()}`
}
