// Work in steps of some milliseconds each: whoever runs it may let others run in between.

/** Takes all steps at once. */
export function runSteps<Result>(steps: Generator<void, Result>): Result {
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}
