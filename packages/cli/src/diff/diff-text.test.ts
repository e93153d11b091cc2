import { expect, test } from 'vitest'
import type { ObjectDiff } from './diff-on-member.ts'
import { diffText } from './diff-text.ts'

const about = { object: 'ConfigMap shop/web', cluster: 'eu', fields: [] }

const cases: readonly { name: string; given: ObjectDiff; want: string }[] = [
  {
    name: 'fields that change, come and go',
    given: {
      ...about,
      change: 'Changed',
      fields: [
        { path: 'spec.replicas', before: 3, after: 4 },
        { path: 'data.a', after: 'x' },
        { path: 'data.b', before: 'y' },
      ],
    },
    want: 'ConfigMap shop/web on eu: changed\n  spec.replicas: 3 -> 4\n  data.a: <nothing> -> "x"\n  data.b: "y" -> <nothing>\n',
  },
  {
    name: 'lines that change between others that do not',
    given: { ...about, change: 'Changed', fields: [{ path: 'data.c', before: 'a\nb\nc\n', after: 'a\nB\nb2\nc\n' }] },
    want: 'ConfigMap shop/web on eu: changed\n  data.c: from line 2\n  - b\n  + B\n  + b2\n',
  },
  {
    name: 'lines that are added at the end, alike as they are',
    given: { ...about, change: 'Changed', fields: [{ path: 'data.c', before: 'a\na', after: 'a\na\na' }] },
    want: 'ConfigMap shop/web on eu: changed\n  data.c: from line 3\n  + a\n',
  },
  {
    name: 'what is created',
    given: { ...about, change: 'Created', stated: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web' } } },
    want: 'ConfigMap shop/web on eu: created\n  + apiVersion: v1\n  + kind: ConfigMap\n  + metadata:\n  +   name: web\n',
  },
  {
    name: 'what is held back',
    given: { ...about, change: 'Deleted', held: 'the cluster is suspended' },
    want: 'ConfigMap shop/web on eu: deleted once it may be: the cluster is suspended\n',
  },
]

test.each(cases)('diffText() shows $name', ({ given, want }) => {
  expect(diffText([given])).toBe(want)
})
