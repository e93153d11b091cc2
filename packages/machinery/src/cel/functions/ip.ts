// Addresses in expressions: `ip("10.0.0.1").family() == 4`.
import { celFunc, celMethod, CelScalar } from '@bufbuild/cel'
import type { CelFunc } from '@bufbuild/cel'
import { opaqueType } from '../opaque.ts'
import { formatIp, maskIp, readIp } from './ip-address.ts'
import type { IpAddress } from './ip-address.ts'

const { BOOL, DYN, INT, STRING } = CelScalar

export const ipType = opaqueType<IpAddress>('IP', { normal: formatIp })

export const ipFunctions: readonly CelFunc[] = [
  celFunc('ip', [STRING], DYN, (text) => ipType.wrap(ipOf(text))),
  celFunc('isIP', [STRING], BOOL, (text) => readIp(text) !== undefined),
  celFunc('ip.isCanonical', [STRING], BOOL, (text) => formatIp(ipOf(text)) === text),
  celMethod('family', DYN, [], INT, function () {
    return BigInt(ipType.unwrap(this).family)
  }),
  kind('isUnspecified', ['0.0.0.0/32', '::/128']),
  kind('isLoopback', ['127.0.0.0/8', '::1/128']),
  kind('isLinkLocalMulticast', ['224.0.0.0/24', 'ff02::/16', 'ff12::/16', 'ff22::/16', 'ff32::/16']),
  kind('isLinkLocalUnicast', ['169.254.0.0/16', 'fe80::/10']),
  celMethod('isGlobalUnicast', DYN, [], BOOL, function () {
    const special = ['0.0.0.0/32', '::/128', '127.0.0.0/8', '::1/128', '224.0.0.0/4', 'ff00::/8']
    const others = ['169.254.0.0/16', 'fe80::/10', '255.255.255.255/32']
    return ![...special, ...others].some((block) => isIn(ipType.unwrap(this), block))
  }),
]

/** Throws if `text` is no address. */
export function ipOf(text: string): IpAddress {
  const address = readIp(text)
  if (!address) throw new Error(`"${text}" is no IP address`)
  return address
}

function kind(name: string, blocks: readonly string[]): CelFunc {
  return celMethod(name, DYN, [], BOOL, function () {
    const address = ipType.unwrap(this)
    return blocks.some((block) => isIn(address, block))
  })
}

function isIn(address: IpAddress, block: string): boolean {
  const [first = '', length = ''] = block.split('/')
  const { family, bits } = ipOf(first)
  return address.family === family && maskIp(address, Number(length)).bits === bits
}
