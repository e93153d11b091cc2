// The names that the API group, its labels, its annotations and its housekeeping objects go by.

export const group = 'flotilla.dev'
export const version = 'v1alpha1'
export const apiVersion = `${group}/${version}`

/** Everything that Flotilla keeps for itself, on the hub and on members, lives in this namespace. */
export const systemNamespace = 'flotilla-system'

/** The field manager of everything that we state on a member, and of what our controllers write on the hub. */
export const fieldManager = 'flotilla'

/** Category of all our kinds: `kubectl get flotilla`. */
export const category = 'flotilla'

/** On members: value is the id of the hub that placed the object; our informers select by it. */
export const hubLabel = `${group}/hub`

/** On members: UID of the template. */
export const templateAnnotation = `${group}/template`
/** On members: `metadata.generation` of the template that was rendered. */
export const generationAnnotation = `${group}/generation`
/** On members: HMAC of what we state. */
export const appliedAnnotation = `${group}/applied`

/** On templates: UIDs of objects on members that may be adopted as they are, with commas between. People consent to each. */
export const adoptAnnotation = `${group}/adopt`

/** On policies: the user who wrote the spec last, as JSON `{"name","groups"}`. Only admission sets it. */
export const authorAnnotation = `${group}/author`

/** On bindings: removals are confirmed before the binding goes. */
export const bindingFinalizer = `${group}/binding`
/** On clusters: our labels on the member are removed before the registration goes. */
export const clusterFinalizer = `${group}/cluster`

/** True for a label or annotation key that only we may set: our group's and its subdomains'. */
export function isOurKey(key: string): boolean {
  const slash = key.indexOf('/')
  const prefix = slash < 0 ? '' : key.slice(0, slash)
  return prefix === group || prefix.endsWith(`.${group}`)
}
