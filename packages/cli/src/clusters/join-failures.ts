// Says of a join that failed why, and what to do next.
import { FlotillaError, isError } from '@flotilla/machinery/errors'

/** The same error with the way out added, where it does not name one itself, as those of the way to the hub do. */
export function explainJoinFailure(name: string, error: unknown): unknown {
  if (!isError(error) || /Next: |Choose |Use that name|Run flotilla|--take-over/.test(error.message)) return error
  const message = error.message.startsWith('Cannot join') ? error.message : `Cannot join ${name}: ${error.message}`
  return new FlotillaError(error.code, `${message}. Next: ${nextStep(error)}`, error.details, { cause: error })
}

function nextStep(error: FlotillaError): string {
  const { hop } = error.details
  if (hop === 'tls') return "put the cluster's own CA into certificate-authority-data of its kubeconfig"
  if (hop === 'resolve' || hop === 'connect') {
    return 'check that kubectl reaches it with the same kubeconfig, from this machine and from the hub'
  }
  if (error.code === 'Unauthenticated') return 'renew the credentials in its kubeconfig and join again'
  if (error.code === 'Forbidden') return 'join with credentials that may create ClusterRoles, such as cluster-admin'
  return 'correct it and join again; nothing has been changed'
}
