import { describe, expect, test } from 'vitest'
import { admissionRules } from '../admission.ts'

const apiVersion = 'flotilla.dev/v1alpha1'

/** What is refused, as `field: message`. */
function refusals(spec: object, allowLoopbackEndpoints = false): readonly string[] {
  const scorer = { apiVersion, kind: 'Scorer', metadata: { name: 'contracts' }, spec }
  const causes = admissionRules.get('Scorer')?.check(scorer, { allowLoopbackEndpoints }) ?? []
  return causes.map(({ field, message }) => `${field}: ${message}`)
}

const url = 'https://scorer.example.com:8443/score'

describe('admission of a Scorer', () => {
  test('takes one with all it may have', () => {
    const caBundle = btoa('-----BEGIN CERTIFICATE-----')
    const spec = { url, caBundle, secretRef: { name: 'contracts' }, timeoutSeconds: 10, validForSeconds: 60 }
    expect(refusals(spec)).toEqual([])
  })

  test('takes one on this machine while the hub is only reached from there', () => {
    expect(refusals({ url: 'https://127.0.0.1:8443/' }, true)).toEqual([])
  })

  test.each<{ readonly name: string; readonly spec: object; readonly want: RegExp }>([
    { name: 'no URL', spec: {}, want: /^spec\.url: / },
    { name: 'plain HTTP', spec: { url: 'http://10.0.0.1/' }, want: /spec\.url: .*must begin with https/ },
    { name: 'this machine', spec: { url: 'https://127.0.0.1/' }, want: /must not be on the hub's own machine/ },
    { name: 'a metadata service', spec: { url: 'https://169.254.169.254/' }, want: /must not be link-local/ },
    { name: 'a password', spec: { url: 'https://u:p4ss@x/' }, want: /^(?!.*p4ss).*must not hold a user name/ },
    { name: 'PEM as it is', spec: { url, caBundle: '-----BEGIN X' }, want: /spec\.caBundle: .*must be PEM in base64/ },
    { name: 'a Secret elsewhere', spec: { url, secretRef: { name: 'a/b' } }, want: /^spec\.secretRef\.name: / },
    { name: 'a long wait', spec: { url, timeoutSeconds: 60 }, want: /^spec\.timeoutSeconds: / },
    { name: 'no validity', spec: { url, validForSeconds: 0 }, want: /^spec\.validForSeconds: / },
  ])('refuses $name', ({ spec, want }) => {
    expect(refusals(spec)[0]).toMatch(want)
  })
})
