// The simulated members of a demo: started before the hub, so that one which knows them already finds them.
import { existsSync, readdirSync } from 'node:fs'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { Env } from '@flotilla/runtime/env'
import { isDemoFolder, membersFolder, type DataFolder } from '../hub/data-folder.ts'
import { startDemoMember, type DemoMember } from './demo-member.ts'
import { placesFor, type Place } from './places.ts'

export interface DemoMembers extends AsyncDisposable {
  readonly all: readonly DemoMember[]
}

export interface DemoMembersOptions {
  readonly env: Env
  readonly folder: DataFolder
  readonly members: number
  readonly nodes: number
  /** The members' objects survive a restart. */
  readonly isKept: boolean
}

const mostMembers = 50

/** At least those that the folder holds. @throws Invalid when it holds a hub that is no demo. */
export async function startMembers(options: DemoMembersOptions): Promise<DemoMembers> {
  const { folder, members } = options
  checkIsNoOther(folder)
  await using opened = new AsyncDisposableStack()
  const started = placesIn(folder, members).map(async (place) =>
    opened.use(await startDemoMember({ ...options, place, folder: folder.file(`${membersFolder}/${place.name}`) })),
  )
  const settled = await Promise.allSettled(started)
  const failed = settled.find((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  const all = await Promise.all(started)
  const closing = opened.move()
  return { all, [Symbol.asyncDispose]: () => closing.disposeAsync() }
}

function placesIn(folder: DataFolder, count: number): readonly Place[] {
  const kept = isDemoFolder(folder.path) ? readdirSync(folder.file(membersFolder)) : []
  return placesFor(mostMembers).filter(({ name }, index) => index < count || kept.includes(name))
}

function checkIsNoOther(folder: DataFolder): void {
  if (!existsSync(folder.file('store.sqlite')) || isDemoFolder(folder.path)) return
  const why = 'a hub that is no demo keeps its data there'
  const next = 'name another folder with --data-dir, or leave it out for a temporary one'
  throw new FlotillaError('Invalid', `Cannot start a demo in ${folder.path}: ${why}. Next: ${next}`)
}
