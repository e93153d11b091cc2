// Our kinds' admission rules as hooks of the embedded API server.
import { admissionRules } from '@flotilla/api/admission'
import { group } from '@flotilla/api/group'
import type { Admission, AdmissionHook } from '@flotilla/kube-server/admission'
import { loadCelFor } from '@flotilla/machinery/cel/program'

/** `allowLoopbackEndpoints`: members may be on this machine, because the hub itself is only reached from it. */
export function admissionHooks(options: { readonly allowLoopbackEndpoints: boolean }): Admission {
  return [ruleHook(options)]
}

function ruleHook({ allowLoopbackEndpoints }: { readonly allowLoopbackEndpoints: boolean }): AdmissionHook {
  return {
    name: 'flotilla',
    matches: ({ resource, operation, subresource }) =>
      resource.group === group && operation !== 'DELETE' && !subresource && admissionRules.has(resource.kind),
    async admit({ operation, resource, object, oldObject, user }) {
      const rule = admissionRules.get(resource.kind)
      if (rule === undefined || object === undefined || operation === 'DELETE') return undefined
      await loadCelFor([object['spec']])
      return rule.admit({
        operation,
        object,
        author: { name: user.name, groups: user.groups },
        allowLoopbackEndpoints,
        ...(oldObject === undefined ? {} : { oldObject }),
      })
    },
  }
}
