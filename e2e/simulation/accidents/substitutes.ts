// Modules whose exports tests can put others in place of, while they run: there is no switch for it in the product.

const substitutes = new Map<string, Readonly<Record<string, unknown>>>()
const originals = new Map<string, Readonly<Record<string, unknown>>>()

/** Every export of the module behind a front that asks for a substitute each time it is used. */
export function substitutable(file: string, real: object): Record<string, unknown> {
  originals.set(file, { ...real })
  return Object.fromEntries(Object.entries(real).map(([name, value]) => [name, front(file, name, value)]))
}

/** As long as `run` lasts, some exports of the module are others. */
export async function substituting<T>(
  file: string,
  replace: (real: never) => Readonly<Record<string, unknown>>,
  run: () => Promise<T>,
): Promise<T> {
  const real = originals.get(file)
  if (real === undefined) throw new Error(`${file} has not been loaded as substitutable`)
  substitutes.set(file, replace(real as never))
  try {
    return await run()
  } finally {
    substitutes.delete(file)
  }
}

function front(file: string, name: string, value: unknown): unknown {
  if (typeof value !== 'function' && (typeof value !== 'object' || value === null)) return value
  const current = <T>(target: T): T => (substitutes.get(file)?.[name] as T | undefined) ?? target
  return new Proxy(value as (...args: readonly unknown[]) => unknown, {
    apply: (target, self, args) => Reflect.apply(current(target), self, args),
    construct: (target, args) => {
      const substitute = current(target) as unknown as new () => object
      return Reflect.construct(substitute, args) as object
    },
    get: (target, key, receiver) => Reflect.get(current(target), key, receiver === target ? target : current(target)),
  })
}
