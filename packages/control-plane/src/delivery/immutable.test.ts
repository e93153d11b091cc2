import { FlotillaError } from '@flotilla/machinery/errors'
import { expect, test } from 'vitest'
import { isImmutableChange, withWayOut } from './immutable.ts'

test.each([
  {
    code: 'Invalid',
    message: 'Deployment.apps "web" is invalid: spec.selector: Invalid value: {}: field is immutable',
    want: true,
  },
  {
    code: 'Invalid',
    message:
      'StatefulSet.apps "db" is invalid: spec: Forbidden: updates to statefulset spec for fields other than \'replicas\' are forbidden',
    want: true,
  },
  {
    code: 'Invalid',
    message: 'RoleBinding "r" is invalid: roleRef: Invalid value: {}: cannot change roleRef',
    want: true,
  },
  { code: 'Invalid', message: 'Deployment.apps "web" is invalid: spec.replicas: must be non-negative', want: false },
  { code: 'Forbidden', message: 'configmaps is forbidden: it is immutable here', want: false },
] as const)('isImmutableChange() is $want of $message', ({ code, message, want }) => {
  expect(isImmutableChange(new FlotillaError(code, message))).toBe(want)
})

test.each([
  { id: 'apps/Deployment/shop/web', want: /put the old value back, or kubectl delete deployment\/web -n shop there: / },
  { id: 'batch/Job/shop/once', want: /and it runs again$/ },
  { id: '/PersistentVolumeClaim/shop/data', want: /Next: put the old value back$/ },
])('withWayOut() of $id', ({ id, want }) => {
  expect(withWayOut(new FlotillaError('Invalid', 'x'), id).message).toMatch(want)
})
