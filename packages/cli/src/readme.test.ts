import { describe, expect, it } from 'vitest'
import { outputPattern, readTour } from '../test/readme-tour.ts'
import { testTerminal } from '../test/test-terminal.ts'
import { createProgram } from './program.ts'

describe('README.md', () => {
  const tour = readTour()

  it('has a tour of flotilla and kubectl commands', () => {
    expect(tour.length).toBeGreaterThan(8)
    expect(new Set(tour.map(({ command }) => command[0]))).toEqual(new Set(['kubectl', 'npx']))
  })

  it('names verbs and options that there are', () => {
    const program = createProgram(testTerminal())
    const flotillas = tour.map(({ command }) => command).filter(([npx]) => npx === 'npx')
    for (const [, name, verb, ...args] of flotillas) {
      expect(name).toBe('flotilla')
      const command = program.commands.find((one) => one.name() === verb)
      expect(command, verb).toBeDefined()
      const known = command?.options.flatMap(({ short, long }) => [short, long])
      for (const option of args.filter((arg) => arg.startsWith('-')))
        expect(known, `${verb} ${option}`).toContain(option)
    }
  })
})

describe('outputPattern()', () => {
  it.each([
    { lines: ['web    12/12   …'], text: 'web  12/12   5s\n', want: true },
    { lines: ['web 12/12'], text: 'web 11/12\n', want: false },
    { lines: ['a', '…', 'z'], text: 'a\nb\nc\nz\n', want: true },
    { lines: ['a', 'z'], text: 'a\nb\nz\n', want: false },
  ])('$lines and $text: $want', ({ lines, text, want }) => {
    expect(outputPattern(lines).test(text)).toBe(want)
  })
})
