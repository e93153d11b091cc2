// What a join would create, for `flotilla join --dry-run`.
import type { Cluster } from '@flotilla/api/cluster'
import { systemNamespace } from '@flotilla/api/group'
import { memberRole, memberRoleBinding, memberServiceAccount } from '@flotilla/control-plane/cluster/join/member-access'
import type { MemberEndpoint } from '@flotilla/control-plane/cluster/join/join'
import { stringify } from 'yaml'

export function planText(planned: Cluster, endpoint: MemberEndpoint): string {
  const { name } = planned.metadata
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: systemNamespace } }
  const onMember = [namespace, memberRoleBinding, memberRole, memberServiceAccount]
  const secret = `# Secret ${systemNamespace}/${name}: a token of that ServiceAccount and the cluster's CA\n`
  return [
    `# On the cluster at ${endpoint.server}:\n`,
    onMember.map((object) => stringify(object)).join('---\n'),
    `---\n# On the hub:\n${secret}`,
    stringify(planned),
    `cluster/${name} joined (dry run)\n`,
  ].join('')
}
