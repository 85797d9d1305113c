import { afterEach, describe, expect, it } from 'vitest'

import { channelKinds } from '../support/channels.js'
import { runRecipe, type RunningRecipe } from '../support/recipe.js'
import { Visitor } from '../support/visitor.js'

describe.each(channelKinds)('The recipe "$name"', ({ name, connectToRecipe }) => {
  let recipe: RunningRecipe | undefined
  afterEach(() => recipe?.program.kill())

  it('serves who has logged in, and ends at once on SIGTERM with clients connected', async () => {
    recipe = await runRecipe(`${name}/server.ts`, { CHECK_MILLISECONDS: '20' })
    const visitor = new Visitor(recipe.url)
    await visitor.logsInAs('jsmith', 'smith')

    const channel = await connectToRecipe(recipe.url, { cookie: `WASID4D=${visitor.sessionId ?? ''}` })

    expect(await channel.use()).toContain('jsmith')
    recipe.program.send('SIGTERM')
    expect(await recipe.program.ends()).toBe(0)
  })
})
