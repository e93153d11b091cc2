// Schemas of built-in types by their OpenAPI name.
import { builtinSchemas } from '@flotilla/machinery/builtin-kinds'
import type { Schema } from '@flotilla/machinery/schema'

export function resolveBuiltin(name: string): Schema | undefined {
  return Object.hasOwn(builtinSchemas, name) ? builtinSchemas[name] : undefined
}
