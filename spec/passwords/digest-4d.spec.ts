import { describe, expect, it } from 'vitest'

import { digest4D, looksLikeDigest4D } from '../../lib/passwords/digest-4d.js'

describe('digest4D', () => {
  it.each([
    ['pass', 'q1TzCU0hvFUZnyOPqPJ8Iw=='], // published by a 4D demo together with 4D's own output
    ['hello-4d', 's6eG1coY6YCkOKXBVpj+NA=='],
    ['\u00e9', 'ZqpZ+hmLn7e+qR35AwXaYQ=='],
    ['', 'xBA/Ei0nZ3ydsUTK4TlKZg==']
  ])('makes of %j the digest that 4D makes', (password, expected) => {
    const digest = digest4D(password)

    expect(digest).toBe(expected)
  })

  it('keeps passwords apart that differ in a NUL, a composition or a half of a surrogate pair', () => {
    const passwords = ['a', 'a\u0000', 'a\u0000\u0000', '\u00e9', 'e\u0301', '\ud83d', '\ud83c', '\ud83d\ude00']

    const digests = new Set(passwords.map(digest4D))

    expect(digests.size).toBe(passwords.length)
  })

  it('names its argument when it is not a string', () => {
    const digestOfNumber = () => digest4D(1234 as never)

    expect(digestOfNumber).toThrow(new TypeError('password must be a string, received number'))
  })

  it.each([
    ['', false],
    ['q1TzCU0hvFUZnyOPqPJ8Iw==', true],
    ['q1TzCU0hvFUZnyOPqPJ8Iw', false],
    ['q1TzCU0hvFUZnyOPqPJ8Ix==', false], // a second spelling of the same bytes: no encoder writes it
    ['q1TzCU0hvFUZnyOPqPJ8Iw==\n', false],
    ['q1TzCU0hvFUZnyOPqPJ8-w==', false]
  ])('tells by its look whether %j can be a digest: %s', (text, expected) => {
    const looks = looksLikeDigest4D(text)

    expect(looks).toBe(expected)
  })
})
