import { describe, expect, test } from 'vitest'
import { checkFile, importsOf } from './boundaries.ts'

describe('importsOf()', () => {
  test('finds static, dynamic, side-effect and re-exporting imports', () => {
    const source = [
      `import { a } from '@flotilla/api/cluster'`,
      `import 'reflect-metadata'`,
      `export { b } from "./b.ts"`,
      `const c = await import('node:fs')`,
      `import type { D } from '../d.ts'`,
    ].join('\n')
    expect(importsOf(source)).toEqual(['@flotilla/api/cluster', 'reflect-metadata', './b.ts', 'node:fs', '../d.ts'])
  })
})

describe('checkFile()', () => {
  const planted = [
    {
      name: 'a sibling that the table does not allow',
      file: 'packages/scheduler/src/divide.ts',
      source: `import { createInformer } from '@flotilla/runtime/reflector'`,
      want: 'scheduler may not import runtime',
    },
    {
      name: 'a platform module in a pure room',
      file: 'packages/machinery/src/quantity.ts',
      source: `import { readFileSync } from 'node:fs'`,
      want: 'machinery is pure: no node modules',
    },
    {
      name: 'a package that the room does not list',
      file: 'packages/api/src/cluster.ts',
      source: `import pino from 'pino'`,
      want: 'api may not use the package pino',
    },
    {
      name: 'a relative path that leaves the room',
      file: 'packages/control-plane/src/delivery/render.ts',
      source: `import { x } from '../../../kube-server/src/server.ts'`,
      want: 'leaves control-plane: import @flotilla/ROOM/FILE instead',
    },
    {
      name: 'a controller importing what foretells it',
      file: 'packages/control-plane/src/policy/controller.ts',
      source: `import { withObjects } from '../what-if/hub-state.ts'`,
      want: 'controller policy may not import controller what-if: they talk through objects',
    },
    {
      name: 'one controller importing another',
      file: 'packages/control-plane/src/delivery/controller.ts',
      source: `import { winner } from '../policy/match.ts'`,
      want: 'controller delivery may not import controller policy: they talk through objects',
    },
    {
      name: 'product code importing the simulator',
      file: 'packages/control-plane/src/controllers.ts',
      source: `import { createSimulatedCluster } from '@flotilla/simulator/simulated-cluster'`,
      want: 'control-plane may not import simulator',
    },
    {
      name: 'a look at the clock',
      file: 'packages/control-plane/src/status/aggregate.ts',
      source: `const now = new Date().toISOString()`,
      want: 'reads the clock: use env.clock.now()',
    },
    {
      name: 'a room that the table does not know',
      file: 'packages/newcomer/src/a.ts',
      source: '',
      want: 'packages/newcomer is not in the table of rooms',
    },
  ]
  test.each(planted)('refuses $name', ({ file, source, want }) => {
    expect(checkFile(file, source).map((violation) => violation.reason)).toEqual([want])
  })

  const allowed = [
    {
      name: 'what the table allows',
      file: 'packages/control-plane/src/delivery/controller.ts',
      source: `import { a } from '@flotilla/api/cluster'\nimport { b } from '../members/members.ts'\nimport { c } from './plan.ts'\nimport { d } from '../hub.ts'`,
    },
    {
      name: 'the list of all controllers importing each',
      file: 'packages/control-plane/src/controllers.ts',
      source: `import { createDelivery } from './delivery/controller.ts'`,
    },
    {
      name: 'what foretells controllers importing each',
      file: 'packages/control-plane/src/what-if/hub-state.ts',
      source: `import { bind } from '../policy/binding.ts'`,
    },
    {
      name: 'a date made from a number',
      file: 'packages/control-plane/src/status/aggregate.ts',
      source: `const now = new Date(env.clock.now()).toISOString()`,
    },
    {
      name: 'the real environment to read the clock',
      file: 'packages/runtime/src/real-env.ts',
      source: `const now = new Date()`,
    },
    {
      name: 'a test that wires several rooms',
      file: 'packages/runtime/src/reflector.test.ts',
      source: `import { createKubeServer } from '@flotilla/kube-server/server'`,
    },
  ]
  test.each(allowed)('allows $name', ({ file, source }) => {
    expect(checkFile(file, source)).toEqual([])
  })
})
