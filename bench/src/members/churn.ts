// Members whose workloads come and go: changes of status at a rate, as far as one process can make them.
import { now, sleep } from '../clock.ts'
import type { PlainMember } from './plain-member.ts'
import type { Answers, Churn } from './protocol.ts'

const tickMs = 10

export async function churn(
  members: readonly PlainMember[],
  { perSecond, seconds, noise, except }: Churn,
): Promise<Answers['churn']> {
  const [first] = members
  const next = [changesOf(members, except), changesOf(first ? [first] : [], except)]
  const [from, rates] = [now(), [perSecond, noise]]
  const sent = [0, 0]
  for (let elapsed = 0; elapsed < seconds; elapsed = (now() - from) / 1_000) {
    for (const [index, rate] of rates.entries()) {
      // What could not be sent in time is not made up for: the rate is the ceiling then.
      const due = Math.min(rate * elapsed - (sent[index] ?? 0), (rate * 2 * tickMs) / 1_000)
      for (let count = 0; count < due; count++, sent[index] = (sent[index] ?? 0) + 1) next[index]?.()
    }
    await sleep(tickMs)
  }
  return { sent: sent.reduce((sum, each) => sum + each, 0), seconds: (now() - from) / 1_000 }
}

/** Each call changes another Deployment: of every member in turn, and of each member one after the other. */
function changesOf(members: readonly PlainMember[], except: string): () => void {
  const all = members.map((member) => ({
    member,
    names: member.deployments().filter((name) => !name.startsWith(except)),
  }))
  let round = 0
  return () => {
    const { member, names } = all[round % all.length] ?? {}
    const name = names?.[Math.floor(round++ / all.length) % names.length]
    // Never what it is already.
    if (name !== undefined) member?.setReady(name, (member.readyOf(name) + 1 + (round % 3)) % 4)
  }
}
