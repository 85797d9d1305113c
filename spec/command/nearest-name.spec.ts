import { describe, expect, it } from 'vitest'

import { nearestName } from '../../lib/command/nearest-name.js'

const names = ['serve', 'export', 'hash', 'postgres-schema', 'allow-empty-passwords']

describe('The nearest known name', () => {
  it.each([
    ['a swapped pair', 'sevre', 'serve'],
    ['a letter too few', 'serv', 'serve'],
    ['a letter too many', 'exxport', 'export'],
    ['another letter', 'hask', 'hash'],
    ['two of these', 'postgress-shema', 'postgres-schema'],
    ['the name itself', 'hash', 'hash'],
    ['a plural forgotten', 'allow-empty-password', 'allow-empty-passwords']
  ])('is found behind %s', (_what, text, name) => {
    expect(nearestName(text, names)).toBe(name)
  })

  it.each(['', 'x', 'start', 'ha', 'postgres', 'sh'])('is none for %j', (text) => {
    expect(nearestName(text, names)).toBeNull()
  })

  it('is none among none', () => {
    expect(nearestName('serve', [])).toBeNull()
  })
})
