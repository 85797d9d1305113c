import { describe, expect, it } from 'vitest'

import { accountOfName, accountsOf } from '../../../lib/auth/throttle/fold-account.js'

const spellings = [
  'JSmith',
  ' jsmith',
  'jsmith\u00a0',
  'j smith',
  'j\u00adsmith',
  'j\u200bsmith',
  'j\u200dsmith',
  'js\u2060mith',
  'jsmi\ufe0fth',
  '\ufeffjsmith',
  '\u202ejsmith',
  'jsmith\u0000',
  '\uff4a\uff53mith',
  'j\u017fmith',
  '\u{1d4bf}smith',
  '\u24d9smith'
]

describe('A6.3.1: the account of a name', () => {
  it.each(spellings)('is one for a server that takes %j for jsmith', (spelling) => {
    expect(accountOfName(spelling, true)).toBe(accountOfName('jsmith', true))
  })

  it('is told apart from another name for such a server, too', () => {
    expect(new Set(['jsmith', 'jsmyth', 'jsmith2', 'j.smith'].map((name) => accountOfName(name, true))).size).toBe(4)
  })

  it('is one in any case, composed or not, where we compare', () => {
    expect(accountOfName('JOSE\u0301', false)).toBe(accountOfName('jos\u00e9', false))
    expect(accountOfName('j smith', false)).not.toBe(accountOfName('jsmith', false))
  })

  it('A2.4.1 names: of a name that nobody can have is not normalised', () => {
    const name = `A${'\u0315\u0334'.repeat(20_000)}`

    expect(accountOfName(name, true)).toBe(`name ${name}`)
  })

  it('cannot be that of an ID', () => {
    const { account, userID } = accountsOf('7', '7', '192.0.2.1', false)

    expect(account).not.toBe(userID)
  })
})
