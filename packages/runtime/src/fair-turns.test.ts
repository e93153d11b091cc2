import { describe, expect, test } from 'vitest'
import { createFairTurns } from './fair-turns.ts'
import { nextTurn } from './real-turn.ts'

/** A clock that only work moves. */
function aThread() {
  let now = 0
  let turnsTaken = 0
  const turn = createFairTurns({
    now: () => now,
    nextTurn: async () => {
      await nextTurn()
      turnsTaken++
    },
  })
  return { turn, work: (ms: number) => void (now += ms), turnsTaken: () => turnsTaken, now: () => now }
}

describe('createFairTurns()', () => {
  test('lets work go on until its slice is over', async () => {
    const { turn, work } = aThread()
    for (let step = 0; step < 19; step++) {
      expect(turn()).toBeUndefined()
      work(1)
    }
    work(1)
    expect(turn()).toBeInstanceOf(Promise)
  })

  test('begins a slice anew when everything else has had its turn', async () => {
    const { turn, work } = aThread()
    void turn()
    work(50)
    await nextTurn()
    await nextTurn()
    expect(turn()).toBeUndefined()
  })

  test('lets those who wait go on in order of asking', async () => {
    const { turn, work } = aThread()
    const steps: number[] = []
    const loop = async (number: number) => {
      for (let step = 0; step < 3; step++) {
        const wait = turn()
        if (wait) await wait
        steps.push(number)
        work(20)
      }
    }
    const loops = Array.from({ length: 20 }, (_, number) => number)
    await Promise.all(loops.map(loop))
    // The first asks again before the others have come.
    expect(steps).toEqual([0, ...loops, ...loops, ...loops.slice(1)])
  })

  test('holds timers up for no longer than a slice and a step', async () => {
    const { turn, work, now } = aThread()
    let [isOver, turned, worst] = [false, 0, 0]
    const watchdog = async () => {
      while (!isOver) {
        await nextTurn()
        worst = Math.max(worst, now() - turned)
        turned = now()
      }
    }
    const watching = watchdog()
    const loop = async () => {
      for (let step = 0; step < 10; step++) {
        const wait = turn()
        if (wait) await wait
        work(2)
      }
    }
    await Promise.all(Array.from({ length: 100 }, loop))
    isOver = true
    await watching
    expect(worst).toBeLessThanOrEqual(24)
  })
})
