import type { IncomingMessage } from 'node:http'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { safeReturnTo } from '../../lib/index.js'
import { localPath } from '../../lib/http/local-path.js'
import { awayTargets } from '../support/return-targets.js'

function asked(fields: { readonly body?: unknown; readonly query?: unknown }): IncomingMessage {
  return fields as unknown as IncomingMessage
}

const returningTo = (returnTo: unknown) => asked({ query: { returnTo } })

describe('safeReturnTo', () => {
  it.each([
    ['/', '/'],
    ['/account', '/account'],
    ['/account?tab=2#keys', '/account?tab=2#keys'],
    ['/files/a%2Fb', '/files/a%2Fb'],
    ['/100%25', '/100%25'],
    ['/caf\u00e9', '/caf%C3%A9'],
    ['/search?q=//evil.example&r=\\&s=%0A', '/search?q=//evil.example&r=\\&s=%0A'],
    ['/a/../b', '/b'],
    ['/a//b', '/a//b'],
    ['/log', '/log'],
    ['/catalogue', '/catalogue'],
    ['/:8080/', '/:8080/'],
    ['/@evil.example', '/@evil.example']
  ])('takes a path of this site: %s', (returnTo, path) => {
    expect(safeReturnTo(returningTo(returnTo))).toBe(path)
  })

  it.each(awayTargets)('A3.7.2: falls back for what leads elsewhere, or may: %j', (returnTo) => {
    expect(safeReturnTo(returningTo(returnTo), '/home')).toBe('/home')
  })

  it.each([[undefined], [null], [7], [['/a']], [['/a', '/b']], [{ 0: '/a' }], [{ toString: () => '/a' }], [true]])(
    'takes strings alone: %j',
    (returnTo) => {
      expect(safeReturnTo(asked({ body: { returnTo }, query: { returnTo } }))).toBe('/')
    }
  )

  it("takes the form's field before the query, and the query where the form has none", () => {
    const query = { returnTo: '/query' }

    expect(safeReturnTo(asked({ body: { returnTo: '/form' }, query }))).toBe('/form')
    expect(safeReturnTo(asked({ body: { returnTo: '//evil.example' }, query }))).toBe('/')
    for (const body of [undefined, null, {}, { returnTo: '' }, 'returnTo=/form', []])
      expect(safeReturnTo(asked({ body, query }))).toBe('/query')
  })

  it('falls back where there is neither', () => {
    expect(safeReturnTo(asked({}))).toBe('/')
    expect(safeReturnTo(asked({}), '/home?from=login')).toBe('/home?from=login')
  })

  it.each([
    '/logout',
    '/LogOut/',
    '/logout?all=1',
    '/logout#now',
    '/account/log-out',
    '/account/sign_out.html',
    '/signoff',
    '/rest/$directory/logout',
    '/rest/%24directory/logout?$method=x',
    '/%6Cogout',
    '/%256Cogout',
    '/a/../logout'
  ])('sends nobody from the login to a logout: %s', (returnTo) => {
    expect(safeReturnTo(returningTo(returnTo), '/home')).toBe('/home')
  })

  it.each(['https://evil.example/', '//evil.example', 'home', '', '/\\evil.example', 7, null])('refuses %j to fall back on', (fallback) => {
    expect(() => safeReturnTo(returningTo('/a'), fallback as string)).toThrow(TypeError)
    expect(() => safeReturnTo(returningTo('/a'), fallback as string)).toThrow("a path of this site such as '/'")
  })

  it('A3.7.2: stays on this site by the rules of the WHATWG, whatever it is given, and however often that is decoded', () => {
    const piece = fc.constantFrom(
      '/',
      '\\',
      '.',
      '..',
      '%2e',
      '%2F',
      '%5c',
      '%252F',
      '\t',
      '\n',
      '%09',
      '%00',
      ':',
      '@',
      '?',
      '#',
      'a',
      'evil.example',
      ' '
    )
    const target = fc.oneof(
      fc.array(piece, { maxLength: 10 }).map((pieces) => `/${pieces.join('')}`),
      fc.string({ unit: 'binary' })
    )

    fc.assert(
      fc.property(target, (returnTo) => {
        let path = safeReturnTo(returningTo(returnTo))
        for (let turn = 0; turn < 4; turn++) {
          for (const page of ['https://shop.example/login', 'http://127.0.0.1:8044/a/b/login?returnTo=x'])
            expect(new URL(path, page).origin).toBe(new URL(page).origin)
          const [pathname = ''] = path.split(/[?#]/, 1)
          path = decode(pathname)
        }
      }),
      { numRuns: 2000 }
    )
  })

  it('gives back what it has given, once more', () => {
    fc.assert(
      fc.property(fc.webPath(), fc.webQueryParameters(), (path, query) => {
        const returnTo = safeReturnTo(returningTo(`${path}?${query}`))

        expect(localPath(returnTo)).toBe(returnTo)
      })
    )
  })
})

function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
