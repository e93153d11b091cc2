// Callers by bearer tokens that the operator listed.
import { createHash } from 'node:crypto'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { UserInfo } from '../operations.ts'
import type { Authenticator } from './authenticator.ts'

/** Tokens are looked up by hash, so that the time of a look-up tells nothing of them. */
export function createStaticTokenAuthenticator(tokens: ReadonlyMap<string, UserInfo>): Authenticator {
  const users = new Map([...tokens].map(([token, user]) => [hash(token), user]))
  return {
    authenticate: ({ bearer }) => (bearer === undefined ? undefined : users.get(hash(bearer))),
  }
}

/** Lines `token,user,uid,"group1,group2"`, as kube-apiserver's token file. Throws Invalid naming the line. */
export function parseTokenFile(text: string): ReadonlyMap<string, UserInfo> {
  const tokens = new Map<string, UserInfo>()
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const match = /^([^,\s]+),([^,]+),([^,]*)(?:,"?([^"]*)"?)?\s*$/.exec(line)
    if (match === null)
      throw new FlotillaError('Invalid', `Cannot read token file line ${index + 1}: want token,user,uid,"groups"`)
    const [, token = '', name = '', uid = '', groups = ''] = match
    tokens.set(token, {
      name,
      ...(uid === '' ? {} : { uid }),
      groups: groups.split(',').filter((group) => group !== ''),
    })
  }
  return tokens
}

function hash(token: string): string {
  return createHash('sha256').update(token).digest('base64')
}
