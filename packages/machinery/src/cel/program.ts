// What the rest sees of CEL: sources in, programs out, plain JSON in both directions.

/** An expression that compiled. */
export interface Program {
  readonly source: string
  /**
   * The value of the expression, as plain JSON: whole numbers, text of durations, timestamps and quantities, base64 of
   * bytes. A variable that `bindings` does not name is null. Throws Invalid: an error in the expression, or its cost.
   */
  evaluate(bindings: Readonly<Record<string, unknown>>): unknown
}

export interface CelOptions {
  /** The names that the expression may use. */
  readonly variables: readonly string[]
  /** Functions of ours of one argument, on plain JSON. */
  readonly functions?: Readonly<Record<string, (argument: unknown) => unknown>>
  /** The most that one evaluation may cost, in steps; default 200,000, about a tenth of a second at worst. */
  readonly budget?: number
}

export interface Cel {
  /** Throws Invalid with the place and the cause: syntax, a name or a function that is not known, size. */
  compile(source: string, options: CelOptions): Program
}

/** Loads the engine, once. */
export async function loadCel(): Promise<Cel> {
  return (await import('./engine.ts')).cel
}
