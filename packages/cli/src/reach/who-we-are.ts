// Who a command is to an API server.
import { fromStatus } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { textAt } from '../text-at.ts'

/** Name of the user, as the server knows it. */
export async function whoWeAre(api: KubeApi, signal?: AbortSignal): Promise<string> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
  const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
  const answer = await api.raw({ method: 'POST', path, body, ...(signal ? { signal } : {}) })
  if (answer.code >= 300) throw fromStatus(answer.code, answer.body, 'Cannot ask who we are')
  return textAt(answer.body, ['status', 'userInfo', 'username'], 'an unnamed user')
}
