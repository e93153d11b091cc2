// The rules of every built-in kind that has any, by the name of its stored resource.
import type { Resource } from '@flotilla/machinery/resource'
import { storedResource } from '../storage-forms.ts'
import type { KindRules } from './rules.ts'

const rules: Readonly<Record<string, KindRules>> = {}

const noRules: KindRules = {}

export function rulesFor(resource: Pick<Resource, 'group' | 'plural'>): KindRules {
  return rules[storedResource(resource)] ?? noRules
}
