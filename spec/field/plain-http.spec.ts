// https://github.com/expressjs/express/issues/967: a Secure cookie over plain HTTP is dropped, and every login is lost without a word.
import { describe, expect, it } from 'vitest'

import { hearWarnings } from '../support/hear-warnings.js'
import { serve } from '../support/serve.js'
import { ask, Visitor } from '../support/visitor.js'

const secure = { cookie: { secure: true } } as const

describe('cookie.secure: true over plain HTTP', () => {
  it('is warned of once, with the first cookie that no browser keeps, and what to do', async () => {
    const warnings = hearWarnings()
    const { url } = await serve(secure, (app, directory) =>
      app.get('/health', directory.sessionMiddleware, (_req, res) => res.end()).use('/rest', directory)
    )

    await ask(`${url}/health`)
    const before = [...warnings]
    for (let turn = 0; turn < 3; turn++) await new Visitor(url).logsInAs('jsmith', 'smith')

    expect(before).toEqual([])
    expect(warnings.map(({ code }) => code)).toEqual(['PLAIN_HTTP'])
    expect(warnings[0]?.message).toMatch(/cookie\.secure is true.*X-Forwarded-Proto.*trust proxy/)
  })

  it('is warned of where a proxy speaks HTTPS and is not trusted', async () => {
    const warnings = hearWarnings()
    const { url } = await serve(secure)

    await new Visitor(url).logsInAs('jsmith', 'smith', { 'x-forwarded-proto': 'https', 'x-forwarded-for': '192.0.2.1' })

    expect(warnings.map(({ code }) => code).sort()).toEqual(['PLAIN_HTTP', 'TRUST_PROXY'])
  })

  it.each([
    ['a proxy speaks HTTPS', secure],
    ["it is 'auto'", {}]
  ])('is no reason to warn where %s', async (_what, options) => {
    const warnings = hearWarnings()
    const { url } = await serve(options, (app, directory) => app.set('trust proxy', 1).use('/rest', directory))

    const { setCookies } = await new Visitor(url).logsInAs('jsmith', 'smith', {
      'x-forwarded-proto': 'https',
      'x-forwarded-for': '192.0.2.1'
    })

    expect([setCookies.length, warnings]).toEqual([1, []])
    expect(setCookies[0]).toMatch(/; Secure$/)
  })
})
