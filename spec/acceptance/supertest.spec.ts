import supertest from 'supertest'
import { describe, expect, it } from 'vitest'

import { serve } from '../support/serve.js'

describe("a host's own specs with supertest", () => {
  it('keep the session in an agent, from the login to the logout', async () => {
    const { app } = await serve()
    const agent = supertest.agent(app)

    await agent.post('/rest/$directory/login').send(['jsmith', 'smith']).expect(200, { result: true })

    const { body } = (await agent.get('/rest/$directory/currentUser').expect(200)) as { body: unknown }
    expect(body).toEqual({ result: { userName: 'jsmith', fullName: 'John Smith', ID: '12F169764253481E89F0E4EA8C1D791A' } })
    await agent.post('/rest/$directory/currentUserBelongsTo').send(['Sales']).expect(200, { result: true })
    await agent.get('/rest/$directory/logout').expect(200, { result: true })
    await agent.get('/rest/$directory/currentUser').expect(200, { result: null })
  })
})
