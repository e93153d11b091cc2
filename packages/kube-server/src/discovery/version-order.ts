// The order of API versions: v2, v1, v2beta1, v1beta2, v1alpha1, then anything else by its letters.

const pattern = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/

/** For sort: the most wanted version first. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [rankOf(a), rankOf(b)]
  if (left === undefined || right === undefined) {
    if (left === right) return a < b ? -1 : Number(a > b)
    return left === undefined ? 1 : -1
  }
  return right.stability - left.stability || right.major - left.major || right.minor - left.minor
}

function rankOf(version: string): { stability: number; major: number; minor: number } | undefined {
  const match = pattern.exec(version)
  if (match === null) return undefined
  const stability = match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0
  return { stability, major: Number(match[1]), minor: Number(match[3] ?? 0) }
}
