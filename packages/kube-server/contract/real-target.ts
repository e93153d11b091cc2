// The real kube-apiserver as a target: the judge.
import { startHub } from '../../../testbed/src/control-plane.ts'
import { send } from '../../../testbed/src/request.ts'
import type { Target } from './run.ts'
import { tokenFileLines } from './users.ts'

/** A bare hub of the testbed; needs Go or KUBEBUILDER_ASSETS. */
export async function startRealTarget(): Promise<Target & AsyncDisposable> {
  const hub = await startHub({ name: 'contract', tokens: tokenFileLines() })
  return {
    fetch: (request) => send(hub, { ...request, anonymous: request.headers['authorization'] === undefined }),
    [Symbol.asyncDispose]: () => hub.stop(),
  }
}
