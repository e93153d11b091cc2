// What the rest sees of CEL: sources in, programs out, plain JSON in both directions. The engine takes a tenth of a
// second to load, so it is loaded where an expression is about to be used.

/** An expression that compiled. */
export interface Program {
  readonly source: string
  /**
   * The value of the expression, as plain JSON: whole numbers, text of durations, timestamps and quantities, base64 of
   * bytes. A variable that `bindings` does not name is null. Throws Invalid: an error in the expression, or its cost.
   */
  evaluate(bindings: Readonly<Record<string, unknown>>): unknown
}

export type JsonCall = (...values: readonly unknown[]) => unknown

export interface CelOptions {
  /** The names that the expression may use. */
  readonly variables: readonly string[]
  /** Functions of ours, on plain JSON. */
  readonly functions?: Readonly<Record<string, JsonCall>>
  /** The most that one evaluation may cost, in steps; default 200,000, about a tenth of a second at worst. */
  readonly budget?: number
}

export interface Cel {
  /** Throws Invalid with the place and the cause: syntax, a name or a function that is not known, size. */
  compile(source: string, options: CelOptions): Program
}

let engine: Cel | undefined
let loading: Promise<void> | undefined

/** Loads the engine, once: until then nothing compiles. */
export function loadCel(): Promise<void> {
  loading ??= import('./engine.ts').then((loaded) => void (engine = loaded.cel))
  return loading
}

/** No answer to anybody: try again. */
export class CelLoading extends Error {
  override readonly name = 'CelLoading'
}

/**
 * Throws Invalid as `Cel.compile` does. While the engine is being loaded, which this begins, throws CelLoading.
 */
export function compileCel(source: string, options: CelOptions): Program {
  if (engine) return engine.compile(source, options)
  void loadCel()
  throw new CelLoading(`Cannot evaluate CEL "${source}" yet: its engine is being loaded`)
}

/** Loads the engine if a field `expression` is anywhere in `specs`. */
export async function loadCelFor(specs: Iterable<unknown>): Promise<void> {
  for (const spec of specs) if (JSON.stringify(spec)?.includes('"expression":')) return loadCel()
}
