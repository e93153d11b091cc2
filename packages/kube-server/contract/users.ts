// Who sends the contract's requests: static tokens that every target knows.

export interface ContractUser {
  readonly name: string
  readonly token: string
  readonly uid: string
  readonly groups: readonly string[]
}

export const users: readonly ContractUser[] = [
  { name: 'admin', token: 'contract-admin', uid: 'admin-uid', groups: ['system:masters'] },
  { name: 'alice', token: 'contract-alice', uid: 'alice-uid', groups: ['dev', 'ops'] },
  { name: 'bob', token: 'contract-bob', uid: 'bob-uid', groups: [] },
  { name: 'nobody', token: 'contract-unknown', uid: '', groups: [] },
]

/** Lines of kube-apiserver's static token file; `nobody` is in none. */
export function tokenFileLines(): readonly string[] {
  return users
    .filter((user) => user.name !== 'nobody')
    .map(({ token, name, uid, groups }) => `${token},${name},${uid},"${groups.join(',')}"`)
}
