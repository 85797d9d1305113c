import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ObjectId } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { MongoUsers, type UserCollection, type UserDocument } from '../../demo/recipes/mongodb-users/mongo-users.js'
import { hashPassword } from '../../lib/index.js'
import { runRecipe, type RunningRecipe } from '../support/recipe.js'
import { serve } from '../support/serve.js'
import { Visitor } from '../support/visitor.js'

describe.each(['sqlite-drizzle', 'sqlite-knex'])('The recipe "%s"', (name) => {
  let folder: string
  let recipe: RunningRecipe

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'recipe-'))
    recipe = await runRecipe(`${name}/server.ts`, { DATABASE_FILE: join(folder, 'users.db') })
  })
  afterAll(async () => {
    await recipe.program.kill()
    await rm(folder, { recursive: true })
  })

  it('lets its account in, in any case of the name, by a number as ID', async () => {
    const visitor = new Visitor(recipe.url)

    const statuses = [
      (await visitor.logsInAs('JSMITH', 'smith')).status,
      (await new Visitor(recipe.url).logsInAs('jsmith', 'wrong')).status,
      (await new Visitor(recipe.url).logsInAs("' OR 1=1 --", 'smith')).status
    ]

    expect(statuses).toEqual([200, 401, 401])
    const { body } = await visitor.asks('/rest/$directory/currentUser')
    expect(body).toEqual({ result: { userName: 'jsmith', fullName: 'jsmith', ID: '1' } })
  })

  it(name === 'sqlite-knex' ? 'knows the groups of the user' : 'knows the e-mail address of the user', async () => {
    const visitor = new Visitor(recipe.url)
    await visitor.logsInAs('jsmith', 'smith')

    const shown = name === 'sqlite-knex' ? (await visitor.asks('/rest/Employee')).status : (await visitor.asks('/rest/attributes')).body

    expect(shown).toEqual(name === 'sqlite-knex' ? 200 : { email: 'jsmith@example.com' })
  })

  it('ends cleanly, and finds its account again', async () => {
    recipe.program.send('SIGTERM')
    const end = await recipe.program.ends()
    recipe = await runRecipe(`${name}/server.ts`, { DATABASE_FILE: join(folder, 'users.db') })

    expect(end).toBe(0)
    expect((await new Visitor(recipe.url).logsInAs('jsmith', 'smith')).status).toBe(200)
  })
})

/** No MongoDB is to be had from Debian, so the provider is held to the driver's documented interface, which the compiler checks. */
class OneUser {
  readonly asked: unknown[] = []
  user: UserDocument & { readonly _id: ObjectId }

  constructor(user: UserDocument) {
    this.user = { ...user, _id: new ObjectId() }
  }

  findOne(filter: { readonly nameFolded?: string; readonly _id?: ObjectId; readonly groups?: string }) {
    this.asked.push(filter)
    const { nameFolded = this.user.nameFolded, _id = this.user._id, groups } = filter
    const isIt = nameFolded === this.user.nameFolded && _id.equals(this.user._id)
    return Promise.resolve(isIt && (groups === undefined || this.user.groups.includes(groups)) ? this.user : null)
  }
}

describe('The recipe "mongodb-users"', () => {
  it('asks by text and by ObjectId, and hands out names, digits and attributes', async () => {
    const collection = new OneUser({
      name: 'jsmith',
      nameFolded: 'jsmith',
      email: 'jsmith@example.com',
      passwordHash: await hashPassword('smith', { cost: 4 }),
      groups: ['Sales']
    })
    const { url } = await serve({ provider: new MongoUsers(collection as unknown as UserCollection) })
    const visitor = new Visitor(url)

    const login = await visitor.logsInAs('JSmith', 'smith')
    const { body } = await visitor.asks('/rest/$directory/currentUser')
    const belongs = await visitor.asks('/rest/$directory/currentUserBelongsTo', { method: 'POST', body: '["Sales"]' })

    expect(login.status).toBe(200)
    expect(body).toEqual({ result: { userName: 'jsmith', fullName: 'jsmith', ID: collection.user._id.toHexString() } })
    expect(belongs.body).toEqual({ result: true })
    expect(collection.asked[0]).toEqual({ nameFolded: 'jsmith' })
  })
})

describe('The recipe "argon2"', () => {
  let recipe: RunningRecipe

  beforeAll(async () => {
    recipe = await runRecipe('argon2/server.ts')
  })
  afterAll(() => recipe.program.kill())

  it('lets in with a bcrypt hash and lifts it, and with an argon2 hash, and nobody else', async () => {
    const statuses = [
      (await new Visitor(recipe.url).logsInAs('jsmith', 'smith')).status,
      (await new Visitor(recipe.url).logsInAs('john', '123')).status,
      (await new Visitor(recipe.url).logsInAs('john', 'wrong')).status,
      (await new Visitor(recipe.url).logsInAs('nobody', '123')).status
    ]

    expect(statuses).toEqual([200, 200, 401, 401])
    await recipe.program.says(/The hash of jsmith is argon2id now/)
    expect((await new Visitor(recipe.url).logsInAs('jsmith', 'smith')).status).toBe(200)
  })

  it('refuses the digest of 4D', async () => {
    expect((await new Visitor(recipe.url).logsInWithDigest('john', '123')).status).toBe(401)
  })
})
