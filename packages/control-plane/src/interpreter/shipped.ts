// The Interpreters that come with the hub, made of `interpreters/*.yaml` by `npm run gen`.
import type { Interpreter } from '@flotilla/api/interpreter'
import shipped from './shipped.json' with { type: 'json' }

export const shippedInterpreters = shipped as readonly Interpreter[]
