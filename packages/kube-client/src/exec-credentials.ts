// Credentials from an exec plugin (client.authentication.k8s.io), as kubectl runs them. On a person's machine only.
import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { Env } from '@flotilla/runtime/env'
import type { Credentials, CredentialSource, ServerAddress } from './credentials.ts'
import { refuse, type ExecConfig } from './kubeconfig.ts'

export interface ExecCredentialsOptions {
  readonly env: Env
  readonly exec: ExecConfig
  readonly server: ServerAddress
  /** Relative commands count from here. */
  readonly folder: string
  readonly userName: string
}

const versions = new Set(['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'])
const timeoutMs = 120_000
/** Credentials are renewed so long before they end. */
const earlyMs = 10_000

interface Held {
  readonly credentials: Credentials
  readonly expiresAt: number
}

/**
 * Runs the plugin when there are no credentials, they are about to expire, or the server refused them. Requests at the
 * same time share one run. Throws Invalid for a configuration that cannot work, Unauthenticated when the plugin fails.
 */
export function createExecCredentials(options: ExecCredentialsOptions): CredentialSource {
  const { env, exec, userName } = options
  if (!versions.has(exec.apiVersion ?? '')) {
    throw refuse(`users[${userName}].user.exec.apiVersion is ${exec.apiVersion ?? 'missing'}, known are v1 and v1beta1`)
  }
  if (exec.command === undefined || exec.command === '') throw refuse(`users[${userName}].user.exec.command is missing`)
  let held: Held | undefined
  let running: Promise<Held> | undefined
  return async ({ refresh }) => {
    if (held !== undefined && !refresh && env.clock.now() < held.expiresAt - earlyMs) return held.credentials
    running ??= run(options, exec.command ?? '').finally(() => {
      running = undefined
    })
    held = await running
    return held.credentials
  }
}

async function run({ exec, server, folder, userName }: ExecCredentialsOptions, command: string): Promise<Held> {
  const program = command.includes('/') || command.includes('\\') ? resolve(folder, command) : command
  const extra = Object.fromEntries((exec.env ?? []).map(({ name, value }) => [name, value]))
  const info = { KUBERNETES_EXEC_INFO: JSON.stringify(execInfo(exec, server)) }
  const output = await new Promise<string>((done, fail) => {
    execFile(
      program,
      [...(exec.args ?? [])],
      { env: { ...process.env, ...extra, ...info }, timeout: timeoutMs, maxBuffer: 1024 * 1024, encoding: 'utf8' },
      (error, stdout) => {
        if (error === null) done(stdout)
        else fail(pluginFailed(userName, command, reasonOf(error), exec.installHint))
      },
    ).stdin?.end()
  })
  return parseCredential(output, exec, userName, command)
}

/** stderr is left out: plugins print secrets there. */
function reasonOf(error: Error & { readonly code?: unknown; readonly killed?: boolean }): string {
  if (error.code === 'ENOENT') return 'it is not installed'
  return error.killed === true
    ? 'it took too long'
    : `it failed (${typeof error.code === 'number' ? error.code : error.name})`
}

function execInfo(exec: ExecConfig, server: ServerAddress): object {
  const cluster = {
    server: server.url,
    ...(server.tlsServerName === undefined ? {} : { 'tls-server-name': server.tlsServerName }),
    ...(server.insecureSkipTlsVerify === true ? { 'insecure-skip-tls-verify': true } : {}),
    ...(server.ca === undefined ? {} : { 'certificate-authority-data': Buffer.from(server.ca).toString('base64') }),
    ...(server.proxyUrl === undefined ? {} : { 'proxy-url': server.proxyUrl }),
  }
  const spec = { ...(exec.provideClusterInfo === true ? { cluster } : {}), interactive: false }
  return { kind: 'ExecCredential', apiVersion: exec.apiVersion, spec }
}

interface ExecStatus {
  readonly token?: string
  readonly clientCertificateData?: string
  readonly clientKeyData?: string
  readonly expirationTimestamp?: string
}

function parseCredential(output: string, exec: ExecConfig, userName: string, command: string): Held {
  const { apiVersion, status } = parseOutput(output, userName, command)
  if (apiVersion !== exec.apiVersion) {
    throw pluginFailed(userName, command, `it answered with ${String(apiVersion)}, not ${exec.apiVersion}`)
  }
  const { token, clientCertificateData: certificate, clientKeyData: key, expirationTimestamp } = status ?? {}
  if (token === undefined && (certificate === undefined || key === undefined)) {
    throw pluginFailed(userName, command, 'it answered with neither a token nor a certificate and key')
  }
  const expiresAt = expirationTimestamp === undefined ? Number.POSITIVE_INFINITY : Date.parse(expirationTimestamp)
  const credentials = {
    ...(token === undefined ? {} : { token }),
    ...(certificate === undefined || key === undefined ? {} : { clientCertificate: { certificate, key } }),
  }
  return { credentials, expiresAt: Number.isNaN(expiresAt) ? 0 : expiresAt }
}

function parseOutput(output: string, userName: string, command: string): { apiVersion?: unknown; status?: ExecStatus } {
  try {
    const parsed = JSON.parse(output) as unknown
    if (typeof parsed === 'object' && parsed !== null) return parsed
  } catch {
    // Said below, without the output: it may hold a token.
  }
  throw pluginFailed(userName, command, 'its output is no ExecCredential')
}

function pluginFailed(userName: string, command: string, why: string, hint?: string): FlotillaError {
  const way = hint === undefined ? '' : `. ${hint}`
  const message = `Cannot get credentials of ${userName} from the exec plugin ${command}: ${why}${way}`
  return new FlotillaError('Unauthenticated', message, { hop: 'authenticate' })
}
