// Short names of immutable objects, to tell them apart in keys of what was found out about them.

/** The same name for the same object, as long as it lives. */
export function nameObjects(): (object: object) => number {
  const names = new WeakMap<object, number>()
  let last = 0
  return (object) => {
    const known = names.get(object)
    if (known !== undefined) return known
    last += 1
    names.set(object, last)
    return last
  }
}
