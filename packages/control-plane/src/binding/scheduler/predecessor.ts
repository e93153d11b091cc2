// Which binding the first decision of a template that was created anew goes on from. Pure.
import type { Binding, Hub } from '../../hub.ts'
import { objectIdOf } from '../../object-id.ts'
import { isGroup } from '../../requirements.ts'

/**
 * The newest binding of the deleted templates of the same name that was decided, as long as it is there: where it is
 * claimed, copies are adopted. Older ones may wait for a member for long, and say what ran once.
 */
export function predecessorIn({ bindingsOf }: Pick<Hub, 'bindingsOf'>, { spec }: Binding): Binding | undefined {
  const [workload] = spec.workloads
  if (workload === undefined || isGroup(spec)) return undefined
  const { uid } = workload.ref
  const id = objectIdOf(workload.ref)
  const isOfDeleted = (other: Binding) =>
    !isGroup(other.spec) && other.spec.workloads.some(({ ref }) => ref.uid !== uid && objectIdOf(ref) === id)
  return bindingsOf(id).filter(isOfDeleted).toSorted(newestFirst)[0]
}

/** Times have a resolution of a second. */
function newestFirst(one: Binding, other: Binding): number {
  return (
    Number(other.spec.decision !== undefined) - Number(one.spec.decision !== undefined) ||
    timeOf(other.metadata.creationTimestamp) - timeOf(one.metadata.creationTimestamp) ||
    timeOf(other.metadata.deletionTimestamp, forever) - timeOf(one.metadata.deletionTimestamp, forever) ||
    Number(other.metadata.resourceVersion) - Number(one.metadata.resourceVersion)
  )
}

const forever = Number.MAX_SAFE_INTEGER

function timeOf(text: string | undefined, absent = 0): number {
  return text === undefined ? absent : Date.parse(text)
}
