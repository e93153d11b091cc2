// The tour of the README, run as it stands against a demo, with the real kubectl.
import { execFile } from 'node:child_process'
import { ensureBinaries } from '../../../testbed/src/binaries.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { outputPattern, readTour } from '../test/readme-tour.ts'
import { startTestDemo, type TestDemo } from '../test/test-demo.ts'

let demo: TestDemo
let kubectl: string

beforeAll(async () => {
  kubectl = (await ensureBinaries()).kubectl
  demo = await startTestDemo()
})
afterAll(() => demo[Symbol.asyncDispose]())

describe('README.md', () => {
  it.each(readTour())('$command prints what it promises', async ({ command, output }) => {
    const [program, ...args] = command
    const print = () => (program === 'kubectl' ? run(kubectl, args) : runFlotilla(args.slice(1)))
    // A person types slower than this test: pods that a step restarts are Ready again before the next command.
    await expect.poll(print, { timeout: 30_000 }).toMatch(outputPattern(output))
  })
})

async function runFlotilla(args: readonly string[]): Promise<string> {
  const { out, err } = await demo.run(...args)
  return out + err
}

function run(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const env = { ...process.env, KUBECONFIG: demo.kubeconfig }
    execFile(program, [...args], { env, encoding: 'utf8' }, (_, stdout, stderr) => resolve(stdout + stderr))
  })
}
