import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { authentify } from '../../lib/command/serve/authentify.js'
import { standInApp } from '../../lib/command/serve/stand-in-app.js'
import { digest4D, StaticProvider } from '../../lib/index.js'
import { fromSource, Program } from '../support/program.js'
import { groups, users } from '../support/seed-directory.js'
import { serve } from '../support/serve.js'
import { type Answer, ask, Visitor } from '../support/visitor.js'

const alias = '4DSID_MyApp'

/** A host of today's 4D: forced login, one licence, a cookie of two names. */
async function serveApp(): Promise<string> {
  const provider = new StaticProvider({ users, groups })
  const options = { provider, quotas: { signedInSessions: 1 }, rest: { cookieAlias: alias, datastoreFunctions: { authentify } } }
  const { url } = await serve(options, (app, directory) =>
    app.use(standInApp({ directory, provider, corsOrigins: [], licences: 1, guestsTakeLicences: false, host: '127.0.0.1' }))
  )
  return url
}

let folder: string
let program: Program | null = null
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'newer-clients-'))))
afterAll(async () => {
  await program?.kill()
  await rm(folder, { recursive: true })
})

/** The same by the command line: one program for all specs, each of which gives its licence back. */
async function serveByCommand(): Promise<string> {
  if (program === null) {
    const path = join(folder, 'directory.json')
    const project = {
      users: { jsmith: { password: digest4D('smith') } },
      groups: { Sales: { users: ['jsmith'] }, Everybody: { groups: ['Sales'] } }
    }
    await writeFile(path, JSON.stringify(project))
    const told = ['--force-login', '--licences', '1', '--cookie-alias', alias, '--port', '0']
    program = new Program(...fromSource, 'serve', '--directory', path, ...told)
  }
  const [, url = ''] = await program.says(/(\S+)\/rest\/\$directory\/login/)
  return url
}

const henry = JSON.stringify([{ name: 'jsmith', password: 'smith' }])

function callAuthentify(visitor: Visitor, body: string, contentType: string | null = 'application/json'): Promise<Answer> {
  const headers = contentType === null ? {} : { 'content-type': contentType }
  return visitor.asks('/rest/$catalog/authentify', { method: 'POST', body, headers })
}

/** The cookies of an answer as clients cut them out by hand: what stands before the first `;`. */
function cookiesOf({ setCookies }: Answer): string[] {
  return setCookies.map((header) => header.slice(0, header.indexOf(';')))
}

async function whoSends(url: string, cookie: string): Promise<unknown> {
  const { body } = await ask(`${url}/rest/$directory/currentUser`, { headers: { cookie } })
  return (body as { result: { userName: string } | null }).result?.userName
}

describe.each([
  ['an app', serveApp],
  ['the command serve', serveByCommand]
])('A client of 4D 20 R6 to 21, served by %s', (_what, start) => {
  it.each([
    ['labelled as JSON', 'application/json', henry],
    ['labelled as text, by a page that wants no preflight', 'text/plain;charset=UTF-8', henry],
    ['without a label', null, henry],
    ['with name and password in turn', 'application/json', '["jsmith","smith"]']
  ])('logs in by authentify, its body %s', async (_how, contentType, body) => {
    const visitor = new Visitor(await start())

    const refused = await callAuthentify(visitor, body.replace('"smith"', '"wrong"'), contentType)
    const accepted = await callAuthentify(visitor, body, contentType)
    const known = await visitor.isKnownAs()
    await visitor.logsOut()

    expect(refused).toMatchObject({ status: 200, body: { result: false } })
    expect([accepted.status, accepted.body, known]).toEqual([200, { result: true }, 'jsmith'])
  })

  it('takes a licence at its login and not at its visit: three guests, one licence', async () => {
    const url = await start()
    const [one, two, three] = [new Visitor(url), new Visitor(url), new Visitor(url)]
    for (const guest of [one, two, three]) await guest.isKnownAs()

    const first = await callAuthentify(one, henry)
    const second = await callAuthentify(two, henry)
    const third = await three.asks('/rest/$directory/currentUser')
    await one.logsOut()
    const again = await callAuthentify(two, henry)
    await two.logsOut()

    expect([first.status, second.status, third.status, again.status]).toEqual([200, 402, 200, 200])
    expect(second.body).toMatchObject({ __ERROR: [{ errCode: 1823 }] })
  })

  it('is sent two cookies with one id, the name first, and is known by either', async () => {
    const url = await start()
    const visitor = new Visitor(url)

    const answer = await callAuthentify(visitor, henry)
    const [own = '', other = '', ...more] = cookiesOf(answer)
    const known = [await whoSends(url, own), await whoSends(url, other), await whoSends(url, `${other}; ${own}`)]
    const leaving = await ask(`${url}/rest/$directory/logout`, { headers: { cookie: other } })
    const afterwards = await whoSends(url, own)

    expect([own, other, more]).toEqual([`WASID4D=${visitor.sessionId}`, `${alias}=${visitor.sessionId}`, []])
    expect(known).toEqual(['jsmith', 'jsmith', 'jsmith'])
    expect(cookiesOf(leaving)).toEqual(['WASID4D=', `${alias}=`])
    expect(afterwards).toBeUndefined()
  })

  it.each(['GET', 'POST'])('asks by %s for its privileges, which are groups', async (method) => {
    const visitor = new Visitor(await start())

    const ofGuest = await visitor.asks('/rest/$info/privileges', { method })
    await callAuthentify(visitor, henry)
    const ofUser = await visitor.asks('/rest/%24info/privileges/', { method })
    await visitor.logsOut()

    expect(ofGuest).toMatchObject({ status: 200, body: { privileges: [{ privilege: 'guest' }] } })
    expect(ofUser).toMatchObject({ status: 200, body: { privileges: [{ privilege: 'Sales' }, { privilege: 'Everybody' }] } })
  })
})
