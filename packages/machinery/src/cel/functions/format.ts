// Kubernetes' named formats: `!format.dns1123Label().validate(name).hasValue()`.
import { celFunc, celMethod, celList, CelScalar } from '@bufbuild/cel'
import type { CelFunc } from '@bufbuild/cel'
import { matchesFormat } from '../../format.ts'
import {
  checkDns1035Label,
  checkDns1123Label,
  checkDns1123Subdomain,
  checkLabelValue,
  checkLabelKey,
} from '../../names.ts'
import { opaqueType } from '../opaque.ts'
import { optional } from './optional.ts'

type Check = (text: string) => readonly string[]

const { DYN, STRING } = CelScalar

const formats: Readonly<Record<string, Check>> = {
  dns1123Label: checkDns1123Label,
  dns1123Subdomain: checkDns1123Subdomain,
  dns1035Label: checkDns1035Label,
  qualifiedName: checkLabelKey,
  labelValue: checkLabelValue,
  dns1123LabelPrefix: (text) => checkDns1123Label(text.replace(/-$/, 'a')),
  dns1123SubdomainPrefix: (text) => checkDns1123Subdomain(text.replace(/-$/, 'a')),
  dns1035LabelPrefix: (text) => checkDns1035Label(text.replace(/-$/, 'a')),
  uri: known('uri', 'is no valid URI'),
  uuid: known('uuid', 'does not match the UUID format'),
  byte: known('byte', 'invalid base64'),
  date: known('date', 'invalid date'),
  datetime: known('datetime', 'invalid datetime'),
}

const type = opaqueType<string>('Format', { normal: (name) => name })

export const formatFunctions: readonly CelFunc[] = [
  ...Object.keys(formats).map((name) => celFunc(`format.${name}`, [], DYN, () => type.wrap(name))),
  celFunc('format.named', [STRING], DYN, (name) =>
    optional.wrap(Object.hasOwn(formats, name) ? type.wrap(name) : undefined),
  ),
  celMethod('validate', DYN, [STRING], DYN, function (text) {
    const errors = formats[type.unwrap(this)]?.(text) ?? []
    return optional.wrap(errors.length === 0 ? undefined : celList([...errors]))
  }),
]

function known(format: string, message: string): Check {
  return (text) => (matchesFormat(format, text) ? [] : [message])
}
