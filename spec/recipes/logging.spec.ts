import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { digest4D } from '../../lib/index.js'
import { runRecipe, type RunningRecipe } from '../support/recipe.js'
import { Visitor } from '../support/visitor.js'

interface Line {
  readonly level: number
  readonly msg: string
  readonly event?: string
  readonly req?: { readonly url: string; readonly headers: Readonly<Record<string, string>> }
}

describe('The recipe "logging"', () => {
  let recipe: RunningRecipe

  beforeAll(async () => {
    recipe = await runRecipe('logging/server.ts')
  })
  afterAll(() => recipe.program.kill())

  /** What pino has written: one JSON object a line. */
  const pinoLines = () =>
    recipe.program.printed
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Line)

  it('holds neither passwords nor digests nor cookies, by pino-http or by morgan', async () => {
    const visitor = new Visitor(recipe.url)
    await visitor.logsInAs('jsmith', 'correct horse', { authorization: 'Basic c2VjcmV0' })
    await visitor.logsInWithDigest('jsmith', 'smith')
    await visitor.logsInByBody(['jsmith', 'by the body'])
    await visitor.asks('/rest/$directory/currentUser?token=in-the-link', { headers: { 'user-agent': 'the last one' } })
    await recipe.program.says(/agent=the last one/)
    await recipe.program.says(/"url":"\/rest\/\$directory\/currentUser"/)

    const secrets = [
      'correct horse',
      digest4D('smith'),
      'by the body',
      visitor.sessionId ?? '',
      visitor.firstSessionId ?? '',
      'c2VjcmV0',
      'in-the-link'
    ]
    for (const secret of secrets) expect(recipe.program.printed + recipe.program.complaint).not.toContain(secret)
    expect(recipe.program.printed).toMatch(/^POST \/rest\/\$directory\/login 200 cookie=\S+ password=\S+ set-cookie=\[Redacted\]/m)
    expect(pinoLines().find(({ req }) => req?.headers['password-4d'] !== undefined)?.req?.headers['password-4d']).toBe('[Redacted]')
  })

  it('holds the audit trail, each event with its level', async () => {
    await new Visitor(recipe.url).logsInAs('mallory', 'guess')
    await new Visitor(recipe.url).logsInAs('jsmith', 'smith')
    await recipe.program.says(/"event":"session_created"/)

    const levels = new Map(pinoLines().map(({ event, level }) => [event, level]))

    expect(levels.get('authn_login_fail')).toBe(40)
    expect(levels.get('authn_login_success')).toBe(30)
    expect(levels.get('session_created')).toBe(30)
  })
})
