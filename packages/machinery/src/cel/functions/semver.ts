// Semantic versions in expressions: `semver("1.2.3").isLessThan(semver("1.3.0"))`. Specification: semver.org, 2.0.0.
import { celFunc, celMethod, CelScalar } from '@bufbuild/cel'
import type { CelFunc } from '@bufbuild/cel'
import { opaqueType } from '../opaque.ts'

interface Semver {
  readonly numbers: readonly [bigint, bigint, bigint]
  readonly prerelease: readonly string[]
  readonly text: string
}

const { BOOL, DYN, INT, STRING } = CelScalar
const shape =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?$/
const type = opaqueType<Semver>('Semver', {
  normal: ({ numbers, prerelease }) => `${numbers.join('.')}-${prerelease.join('.')}`,
  text: ({ text }) => text,
  compare,
})

export const semverFunctions: readonly CelFunc[] = [
  celFunc('semver', [STRING], DYN, (text) => type.wrap(read(text))),
  celFunc('semver', [STRING, BOOL], DYN, (text, isNormalized) =>
    type.wrap(read(isNormalized ? normalize(text) : text)),
  ),
  celFunc('isSemver', [STRING], BOOL, (text) => shape.test(text)),
  celFunc('isSemver', [STRING, BOOL], BOOL, (text, isNormalized) => shape.test(isNormalized ? normalize(text) : text)),
  part('major', 0),
  part('minor', 1),
  part('patch', 2),
]

function part(name: string, index: 0 | 1 | 2): CelFunc {
  return celMethod(name, DYN, [], INT, function () {
    return type.unwrap(this).numbers[index]
  })
}

function read(text: string): Semver {
  const match = shape.exec(text)
  if (!match) throw new Error(`"${text}" is no semantic version`)
  const [, major = '0', minor = '0', patch = '0', prerelease = ''] = match
  return {
    numbers: [BigInt(major), BigInt(minor), BigInt(patch)],
    prerelease: prerelease === '' ? [] : prerelease.split('.'),
    text,
  }
}

/** As Kubernetes does: without a leading v, and with what is missing as 0, and without zeros in front. */
function normalize(text: string): string {
  const [, core = '', rest = ''] = /^v?([\d.]*)(.*)$/.exec(text) ?? []
  const numbers = core.split('.').map((number) => number.replace(/^0+(?=\d)/, ''))
  while (numbers.length < 3 && core !== '') numbers.push('0')
  return `${numbers.join('.')}${rest}`
}

function compare(left: Semver, right: Semver): number {
  for (const index of [0, 1, 2] as const) {
    const order = orderOf(left.numbers[index], right.numbers[index])
    if (order !== 0) return order
  }
  if (left.prerelease.length === 0 || right.prerelease.length === 0) {
    return orderOf(right.prerelease.length, left.prerelease.length)
  }
  for (const [index, identifier] of left.prerelease.entries()) {
    const other = right.prerelease[index]
    if (other === undefined) return 1
    const order = compareIdentifiers(identifier, other)
    if (order !== 0) return order
  }
  return orderOf(left.prerelease.length, right.prerelease.length)
}

function compareIdentifiers(left: string, right: string): number {
  const isNumber = [left, right].map((text) => /^\d+$/.test(text))
  if (isNumber[0] && isNumber[1]) return orderOf(BigInt(left), BigInt(right))
  if (isNumber[0] !== isNumber[1]) return isNumber[0] ? -1 : 1
  return orderOf(left, right)
}

function orderOf<T extends bigint | number | string>(left: T, right: T): number {
  return left < right ? -1 : left > right ? 1 : 0
}
