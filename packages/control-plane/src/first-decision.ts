// A new binding is decided before it is written: one durable write less on the way to the members. Who makes bindings
// and who decides do not know each other; the wiring passes this from one to the other.
import type { Binding } from './hub.ts'

/**
 * Calls `create` with `binding` as it is decided, or as it is where that has to wait: then the controller that decides
 * does so once the binding is there. Throws what `create` throws.
 */
export type WithFirstDecision = (binding: Binding, create: (binding: Binding) => Promise<void>) => Promise<void>
