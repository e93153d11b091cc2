// The command lines of a control plane's programs.
import { join } from 'node:path'

export interface Layout {
  readonly folder: string
  readonly etcdPort: number
  readonly etcdPeerPort: number
  readonly apiPort: number
}

export const files = {
  tokens: 'tokens.csv',
  serviceAccountKey: 'service-account.key',
  kubeconfig: 'kubeconfig',
  stages: 'stages.yaml',
  certificate: 'certs/apiserver.crt',
  auditPolicy: 'audit-policy.yaml',
  auditLog: 'audit.log',
  etcd: 'etcd',
} as const

/** Only what deletes and counts: a hub stores workloads and must not run them. */
const hubControllers = ['namespace-controller', 'garbage-collector-controller', 'serviceaccount-token-controller']

const serviceRange = '10.96.0.0/16'

export function etcdFlags({ folder, etcdPort, etcdPeerPort }: Layout): readonly string[] {
  const [client, peer] = [`http://127.0.0.1:${etcdPort}`, `http://127.0.0.1:${etcdPeerPort}`]
  return [
    `--data-dir=${join(folder, files.etcd)}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ]
}

export function apiServerFlags({ folder, etcdPort, apiPort }: Layout): readonly string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    `--cert-dir=${join(folder, 'certs')}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    '--endpoint-reconciler-type=none',
    `--secure-port=${apiPort}`,
    `--token-auth-file=${join(folder, files.tokens)}`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${join(folder, files.serviceAccountKey)}`,
    `--service-account-signing-key-file=${join(folder, files.serviceAccountKey)}`,
    `--service-cluster-ip-range=${serviceRange}`,
    '--event-ttl=10m',
    `--audit-policy-file=${join(folder, files.auditPolicy)}`,
    `--audit-log-path=${join(folder, files.auditLog)}`,
  ]
}

/** Requests a second of each controller; undefined: 20, their own default. */
function rateFlags(perSecond: number | undefined): readonly string[] {
  return perSecond === undefined ? [] : [`--kube-api-qps=${perSecond}`, `--kube-api-burst=${2 * perSecond}`]
}

export function controllerManagerFlags({ folder }: Layout, isHub: boolean, rate?: number): readonly string[] {
  return [
    `--kubeconfig=${join(folder, files.kubeconfig)}`,
    `--controllers=${isHub ? hubControllers.join(',') : '*'}`,
    `--service-account-private-key-file=${join(folder, files.serviceAccountKey)}`,
    `--root-ca-file=${join(folder, files.certificate)}`,
    `--service-cluster-ip-range=${serviceRange}`,
    '--use-service-account-credentials=false',
    '--leader-elect=false',
    '--secure-port=0',
    ...rateFlags(rate),
  ]
}

export function schedulerFlags({ folder }: Layout, rate?: number): readonly string[] {
  const kubeconfig = `--kubeconfig=${join(folder, files.kubeconfig)}`
  return [kubeconfig, '--leader-elect=false', '--secure-port=0', ...rateFlags(rate)]
}

/** Without a lease of 40 s KWOK's nodes turn NotReady after as long. */
export function kwokFlags({ folder }: Layout): readonly string[] {
  return [
    `--kubeconfig=${join(folder, files.kubeconfig)}`,
    `--config=${join(folder, files.stages)}`,
    '--manage-all-nodes',
    '--node-lease-duration-seconds=40',
    '--cidr=10.244.0.0/16',
  ]
}
