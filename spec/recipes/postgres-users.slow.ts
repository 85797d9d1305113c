import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { digest4D } from '../../lib/index.js'
import { readResult } from '../support/read-result.js'
import { runRecipe, type RunningRecipe } from '../support/recipe.js'
import { describeWithPostgres } from '../support/postgres-server.js'
import { run } from '../support/run-command.js'
import { type Answer, Visitor } from '../support/visitor.js'

const project = {
  users: { designer: { alias: 'Boss', password: digest4D('pass') }, 'zoe q': { password: digest4D('test') } },
  groups: { Sales: { users: ['zoe q'] }, Office: { users: ['Boss'], groups: ['Sales'] } }
}

describeWithPostgres('The recipe "postgres-users"', (server) => {
  let database: Client
  let recipe: RunningRecipe

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'recipe-'))
    const path = join(folder, 'directory.json')
    await writeFile(path, JSON.stringify(project))
    const { printed } = await run(['export', '--directory', path, '--format', 'sql'])
    await rm(folder, { recursive: true })
    database = new Client({ connectionString: server().url })
    await database.connect()
    await database.query(printed)
    recipe = await runRecipe('postgres-users/server.ts', { DATABASE_URL: server().url })
  })
  afterAll(async () => {
    await recipe.program.kill()
    await database.end()
  })

  function setsPassword(visitor: Visitor, old: string, next: string): Promise<Answer> {
    return visitor.asks('/rest/password', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([old, next])
    })
  }

  it('lets the users of a 4D project in with their old passwords, in any case of their names', async () => {
    const visitor = new Visitor(recipe.url)

    const statuses = [
      (await visitor.logsInAs('ZOE Q', 'test')).status,
      (await new Visitor(recipe.url).logsInWithDigest('boss', 'pass')).status,
      (await new Visitor(recipe.url).logsInAs('zoe q', 'pass')).status,
      (await new Visitor(recipe.url).logsInByBody(['zoe\0 q', 'test'])).status
    ]

    expect(statuses).toEqual([200, 200, 401, 401])
    expect(await visitor.isKnownAs()).toBe('zoe q')
  })

  it('counts users of inner groups in, by name and by ID, and nobody for a group that there is none of', async () => {
    const visitor = new Visitor(recipe.url)
    await visitor.logsInAs('zoe q', 'test')
    const { rows } = await database.query<{ id: string }>("SELECT id FROM directory_group WHERE name = 'Office'")
    const groups = ['office', rows[0]?.id.toLowerCase() ?? '', 'Sales', 'Nowhere', 'nul\0']

    const memberships = []
    for (const group of groups) {
      const answer = await visitor.asks('/rest/$directory/currentUserBelongsTo', { method: 'POST', body: JSON.stringify([group]) })
      memberships.push(readResult(answer))
    }

    expect(memberships).toEqual([true, true, true, false, false])
    expect((await visitor.asks('/rest/Employee')).status).toBe(200)
  })

  it('keeps sessions over a restart of the app, and ends cleanly on SIGTERM', async () => {
    const visitor = new Visitor(recipe.url)
    await visitor.logsInAs('Boss', 'pass')

    recipe.program.send('SIGTERM')
    const end = await recipe.program.ends()
    recipe = await runRecipe('postgres-users/server.ts', { DATABASE_URL: server().url })
    const next = new Visitor(recipe.url)
    next.sessionId = visitor.sessionId

    expect(end).toBe(0)
    expect(await next.isKnownAs()).toBe('Boss')
  })

  it('lifts a digest to bcrypt at the first login', async () => {
    const visitor = new Visitor(recipe.url)
    const add = 'INSERT INTO directory_user VALUES ($1, $2, $2, $3, false)'
    await database.query(add, ['0F9E8D7C6B5A49382716059483726150', 'late', digest4D('secret')])

    const { status } = await visitor.logsInAs('late', 'secret')

    const { rows } = await database.query("SELECT password_hash FROM directory_user WHERE user_name = 'late'")
    expect(status).toBe(200)
    expect(rows).toEqual([{ password_hash: expect.stringMatching(/^bcrypt_4d\$/) as string }])
  })

  it('gives the user who sets a password a new session, and ends the others', async () => {
    const visitor = new Visitor(recipe.url)
    const elsewhere = new Visitor(recipe.url)
    const add = 'INSERT INTO directory_user VALUES ($1, $2, $2, $3, false)'
    await database.query(add, ['1122334455667788AABBCCDDEEFF0011', 'anna', digest4D('old')])
    await visitor.logsInAs('anna', 'old')
    await elsewhere.logsInAs('anna', 'old')

    const refused = await setsPassword(visitor, 'wrong', 'new')
    const changed = await setsPassword(visitor, 'old', 'new')

    expect([refused.status, changed.status]).toEqual([403, 200])
    expect([await visitor.isKnownAs(), await elsewhere.isKnownAs()]).toEqual(['anna', null])
    expect((await new Visitor(recipe.url).logsInAs('anna', 'old')).status).toBe(401)
    expect((await new Visitor(recipe.url).logsInAs('anna', 'new')).status).toBe(200)
  })
})
