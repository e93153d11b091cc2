// Counts as the API writes them.

/** Without those that are zero, for fields that the API leaves out then. */
export function nonZero(counts: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0))
}
