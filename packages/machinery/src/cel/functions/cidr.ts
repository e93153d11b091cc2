// Blocks of addresses in expressions: `cidr("10.0.0.0/8").containsIP("10.1.2.3")`.
import { celFunc, celMethod, CelScalar } from '@bufbuild/cel'
import type { CelFunc } from '@bufbuild/cel'
import { opaqueType } from '../opaque.ts'
import { formatIp, maskIp, readIp, widthOf } from './ip-address.ts'
import type { IpAddress } from './ip-address.ts'
import { ipOf, ipType } from './ip.ts'

interface Block {
  readonly address: IpAddress
  readonly length: number
}

const { BOOL, DYN, INT, STRING } = CelScalar
const type = opaqueType<Block>('CIDR', { normal: ({ address, length }) => `${formatIp(address)}/${length}` })

export const cidrFunctions: readonly CelFunc[] = [
  celFunc('cidr', [STRING], DYN, (text) => type.wrap(blockOf(text))),
  celFunc('isCIDR', [STRING], BOOL, (text) => readBlock(text) !== undefined),
  celMethod('containsIP', DYN, [DYN], BOOL, function (address) {
    return contains(type.unwrap(this), typeof address === 'string' ? ipOf(address) : ipType.unwrap(address))
  }),
  celMethod('containsCIDR', DYN, [DYN], BOOL, function (other) {
    const [outer, inner] = [type.unwrap(this), typeof other === 'string' ? blockOf(other) : type.unwrap(other)]
    return inner.length >= outer.length && contains(outer, inner.address)
  }),
  celMethod('ip', DYN, [], DYN, function () {
    return ipType.wrap(type.unwrap(this).address)
  }),
  celMethod('masked', DYN, [], DYN, function () {
    const { address, length } = type.unwrap(this)
    return type.wrap({ address: maskIp(address, length), length })
  }),
  celMethod('prefixLength', DYN, [], INT, function () {
    return BigInt(type.unwrap(this).length)
  }),
]

function contains({ address, length }: Block, inner: IpAddress): boolean {
  return inner.family === address.family && maskIp(inner, length).bits === maskIp(address, length).bits
}

function blockOf(text: string): Block {
  const block = readBlock(text)
  if (!block) throw new Error(`"${text}" is no block of addresses, such as 10.0.0.0/8`)
  return block
}

function readBlock(text: string): Block | undefined {
  const [first = '', length = '', ...more] = text.split('/')
  const address = readIp(first)
  if (!address || more.length > 0 || !/^(?:0|[1-9]\d{0,2})$/.test(length)) return undefined
  return Number(length) <= widthOf(address.family) ? { address, length: Number(length) } : undefined
}
