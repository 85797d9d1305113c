import { describe, expect, it } from 'vitest'

import { serve } from '../support/serve.js'
import { Visitor } from '../support/visitor.js'

describe('login', () => {
  it('A7.2.4: gives the visitor a new session id', async () => {
    const { url } = await serve()
    const visitor = new Visitor(url)
    expect(await visitor.isKnownAs()).toBeNull()

    await visitor.logsInAs('jsmith', 'smith')

    expect(visitor.sessionId).not.toBe(visitor.firstSessionId)
    expect(await visitor.isKnownAs()).toBe('jsmith')
  })
})
