import { describe, expect, it } from 'vitest'
import { isLoopback, parseListenAddress } from './listen-address.ts'

describe('parseListenAddress()', () => {
  it.each([
    { text: '127.0.0.1:7443', want: { host: '127.0.0.1', port: 7443 } },
    { text: ':8443', want: { host: '127.0.0.1', port: 8443 } },
    { text: '8443', want: { host: '127.0.0.1', port: 8443 } },
    { text: '[::1]:0', want: { host: '::1', port: 0 } },
    { text: 'hub.example.com:443', want: { host: 'hub.example.com', port: 443 } },
  ])('reads $text', ({ text, want }) => {
    expect(parseListenAddress(text)).toEqual(want)
  })

  it.each(['', 'here', '1.2.3.4:x', '1.2.3.4:70000', '::1:443'])('refuses %j', (text) => {
    expect(() => parseListenAddress(text)).toThrow('it is not HOST:PORT')
  })
})

describe('isLoopback()', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['localhost', true],
    ['::1', true],
    ['0.0.0.0', false],
    ['10.0.0.1', false],
    ['127.example.com', false],
  ])('%s: %s', (host, want) => {
    expect(isLoopback(host)).toBe(want)
  })
})
