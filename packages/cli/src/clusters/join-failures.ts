// Says of a join that failed which side failed, why, and what to do next.
import { FlotillaError, isError } from '@flotilla/machinery/errors'

/** The same error with the way out added, where it does not name one itself. */
export function explainJoinFailure(
  name: string,
  error: unknown,
  servers: { readonly hub: string; readonly member: string },
): unknown {
  if (!isError(error) || /Next: |Choose |Use that name|Run flotilla|--take-over/.test(error.message)) return error
  const isHub = error.message.includes(servers.hub) && servers.hub !== servers.member
  const next = nextStep(error, isHub)
  const message = error.message.startsWith('Cannot join') ? error.message : `Cannot join ${name}: ${error.message}`
  return new FlotillaError(error.code, `${message}. Next: ${next}`, error.details, { cause: error })
}

function nextStep(error: FlotillaError, isHub: boolean): string {
  if (isHub) return 'flotilla doctor'
  const { hop } = error.details
  if (hop === 'tls') return "put the cluster's own CA into certificate-authority-data of its kubeconfig"
  if (hop === 'resolve' || hop === 'connect') {
    return 'check that kubectl reaches it with the same kubeconfig, from this machine and from the hub'
  }
  if (error.code === 'Unauthenticated') return 'renew the credentials in its kubeconfig and join again'
  if (error.code === 'Forbidden') return 'join with credentials that may create ClusterRoles, such as cluster-admin'
  return 'correct it and join again; nothing has been changed'
}
