// Which Kubernetes a server runs.
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeApi, RequestOptions } from '@flotilla/machinery/kube-api'
import { refusal } from './refusal.ts'

export interface ServerVersion {
  readonly major: number
  readonly minor: number
  /** `v1.36.3`, with a vendor's suffix if it has one. */
  readonly gitVersion: string
}

/** Throws what the connection or the server says, Unavailable with hop `version` for an answer that is no version. */
export async function readServerVersion(api: KubeApi, options: RequestOptions = {}): Promise<ServerVersion> {
  const { code, body } = await api.raw({ path: '/version', ...options })
  if (code !== 200) throw refusal(code, body, 'Cannot read the version of the server')
  const { major, minor, gitVersion } = (typeof body === 'object' && body !== null ? body : {}) as Record<
    string,
    unknown
  >
  // Vendors write `27+`.
  const [majorNumber, minorNumber] = [major, minor].map((part) => Number.parseInt(String(part), 10))
  if (majorNumber === undefined || minorNumber === undefined || Number.isNaN(majorNumber + minorNumber)) {
    const message =
      'Cannot read the version of the server: the answer to /version is none; is it a Kubernetes API server?'
    throw new FlotillaError('Unavailable', message, { hop: 'version' })
  }
  return { major: majorNumber, minor: minorNumber, gitVersion: typeof gitVersion === 'string' ? gitVersion : '' }
}
