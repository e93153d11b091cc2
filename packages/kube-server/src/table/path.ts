// The simple JSON paths of printer columns: `.a.b`, `['k']`, `[0]`, `[*]`, `[?(@.type=="Ready")]`.

type Step = (values: readonly unknown[]) => readonly unknown[]

/** A function that finds the values at `path`; an unreadable path finds nothing. */
export function compilePath(path: string): (root: unknown) => readonly unknown[] {
  const steps = stepsOf(path.startsWith('.') || path.startsWith('[') ? path : `.${path}`)
  return (root) => steps.reduce<readonly unknown[]>((values, step) => step(values), [root])
}

const token =
  /\.((?:[^.[\\]|\\.)+)|\[\s*'([^']*)'\s*\]|\[\s*"([^"]*)"\s*\]|\[(-?\d+)\]|(\[\*\]|\.\*)|\[\?\(@((?:\.[\w\-/]+)+)\s*(==|!=)\s*(?:"([^"]*)"|'([^']*)'|([\w.]+))\)\]/gy

/** `matchAll` reads with a copy of the pattern: filters hold paths of their own. */
function stepsOf(path: string): readonly Step[] {
  const matches = [...path.matchAll(token)]
  const read = matches.reduce((sum, [text]) => sum + text.length, 0)
  return read === path.length ? matches.map(stepOf) : [() => []]
}

function stepOf(match: RegExpMatchArray): Step {
  const [, dotted, single, double, index, star, inner, operator, ...literals] = match
  const key = dotted?.replaceAll(/\\(.)/g, '$1') ?? single ?? double
  if (key === '*' || star !== undefined) return (values) => values.flatMap(childrenOf)
  if (key !== undefined) return (values) => values.flatMap((value) => child(value, key))
  if (index !== undefined) return (values) => values.flatMap((value) => element(value, Number(index)))
  const want = literals.find((literal) => literal !== undefined) ?? ''
  const find = compilePath(inner ?? '')
  const isWanted = (value: unknown) => find(value).some((found) => String(found) === want) === (operator === '==')
  return (values) => values.flatMap(childrenOf).filter(isWanted)
}

function child(value: unknown, key: string): readonly unknown[] {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return []
  return [(value as Record<string, unknown>)[key]]
}

function element(value: unknown, index: number): readonly unknown[] {
  const found: unknown = Array.isArray(value) ? value.at(index) : undefined
  return found === undefined ? [] : [found]
}

function childrenOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  return typeof value === 'object' && value !== null ? Object.values(value) : []
}
