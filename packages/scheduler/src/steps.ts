// Work in steps of some milliseconds each: whoever runs it may let others run in between.

/** Takes all steps at once. */
export function runSteps<Result>(steps: Generator<void, Result>): Result {
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}

/** So many items are a step: they take about as long as a decision. */
const itemsPerStep = 64

/** As `Array.map`, in steps. */
export function* mapSteps<Item, Result>(
  items: readonly Item[],
  map: (item: Item, index: number) => Result,
): Generator<void, Result[]> {
  const results: Result[] = []
  for (const [index, item] of items.entries()) {
    if (index % itemsPerStep === itemsPerStep - 1) yield
    results.push(map(item, index))
  }
  return results
}
