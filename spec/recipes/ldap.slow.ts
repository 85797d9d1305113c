import { Client } from 'ldapts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { LdapProvider } from '../../demo/recipes/ldap/ldap-provider.js'
import { freePort } from '../support/free-port.js'
import { readResult } from '../support/read-result.js'
import { runRecipe, type RunningRecipe } from '../support/recipe.js'
import { describeWithSlapd } from '../support/slapd-server.js'
import { Visitor } from '../support/visitor.js'

const people = 'ou=people,dc=example,dc=com'
const groups = 'ou=groups,dc=example,dc=com'

/** `Office` holds `Sales`, and they hold each other. A comma, a star and parentheses stand in names. */
const entries = `dn: dc=example,dc=com
objectClass: domain
dc: example

dn: cn=reader,dc=example,dc=com
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: reading

dn: ${people}
objectClass: organizationalUnit
ou: people

dn: ${groups}
objectClass: organizationalUnit
ou: groups

dn: uid=jsmith,${people}
objectClass: inetOrgPerson
uid: jsmith
cn: John Smith
sn: Smith
entryUUID: 12f16976-4253-481e-89f0-e4ea8c1d791a
userPassword: smith

dn: uid=o\\2Cbrien (*),${people}
objectClass: inetOrgPerson
uid: o,brien (*)
cn: Brien
sn: O
userPassword: secret

dn: cn=Sales (*),${groups}
objectClass: groupOfNames
cn: Sales (*)
entryUUID: 88baf858-143d-4b13-b26a-f48c7a5a7a68
member: uid=jsmith,${people}
member: cn=Office,${groups}

dn: cn=Office,${groups}
objectClass: groupOfNames
cn: Office
member: cn=Sales (*),${groups}

dn: cn=Empty,${groups}
objectClass: groupOfNames
cn: Empty
member:
`

describeWithSlapd('The recipe "ldap"', entries, (server) => {
  const reader = { readerName: 'cn=reader,dc=example,dc=com', readerPassword: 'reading' }
  let recipe: RunningRecipe

  beforeAll(async () => {
    recipe = await runRecipe('ldap/server.ts', {
      LDAP_URL: server().url,
      LDAP_USERS: people,
      LDAP_GROUPS: groups,
      LDAP_READER: reader.readerName,
      LDAP_READER_PASSWORD: reader.readerPassword
    })
  })
  afterAll(() => recipe.program.kill())

  it('lets in whom the server binds, under the ID that the server has given', async () => {
    const visitor = new Visitor(recipe.url)

    const { status } = await visitor.logsInAs('JSmith', 'smith')

    expect(status).toBe(200)
    expect(readResult(await visitor.asks('/rest/$directory/currentUser'))).toEqual({
      userName: 'jsmith',
      fullName: 'John Smith',
      ID: '12F169764253481E89F0E4EA8C1D791A'
    })
  })

  it.each([
    ['a wrong password', 'jsmith', 'Smith'],
    ['an unknown name', 'nobody', 'smith'],
    ['a filter for a name', '*', 'smith'],
    ['the end of a filter for a name', 'jsmith)(objectClass=*', 'smith'],
    ['a DN for a name', `uid=jsmith,${people}`, 'smith'],
    ['the name with a NUL', 'jsmith\0', 'smith']
  ])('refuses %s', async (_what, userName, password) => {
    const { status, body } = await new Visitor(recipe.url).logsInByBody([userName, password])

    expect([status, body]).toEqual([401, { result: false }])
  })

  it.each([' jsmith', 'jsmith ', '\uff4a\uff53\uff4d\uff49\uff54\uff48'])(
    'refuses "%s", which the server takes for jsmith and the login throttle does not',
    async (spelling) => {
      const { status } = await new Visitor(recipe.url).logsInByBody([spelling, 'smith'])

      expect(status).toBe(401)
    }
  )

  it('takes a name for what it is, whatever it would mean in a filter or a DN', async () => {
    const { status } = await new Visitor(recipe.url).logsInByBody(['o,brien (*)', 'secret'])

    expect(status).toBe(200)
  })

  it('E empty passwords: refuses an empty password, with which the server binds anybody', async () => {
    const client = new Client({ url: server().url })
    const bound = await client.bind(`uid=jsmith,${people}`, '').then(() => client.unbind().then(() => true))
    const provider = new LdapProvider({ url: server().url, users: people, groups, ...reader })

    const { status } = await new Visitor(recipe.url).logsInAs('jsmith', '')

    expect([bound, status]).toEqual([true, 401])
    expect(await provider.authenticate({ userName: 'jsmith', password: '' })).toBe(null)
  })

  it('refuses a digest, which nobody can bind with', async () => {
    const { status } = await new Visitor(recipe.url).logsInWithDigest('jsmith', 'smith')

    expect(status).toBe(401)
  })

  it('finds the groups around the user, inner and circular ones included, by name and by ID', async () => {
    const visitor = new Visitor(recipe.url)
    await visitor.logsInAs('jsmith', 'smith')
    const asked = [
      'sales (*)',
      'Office',
      '88baf858-143d-4b13-b26a-f48c7a5a7a68',
      '88BAF858143D4B13B26AF48C7A5A7A68',
      'Empty',
      '*',
      'Nowhere'
    ]

    const memberships = []
    for (const group of asked) {
      const answer = await visitor.asks('/rest/$directory/currentUserBelongsTo', { method: 'POST', body: JSON.stringify([group]) })
      memberships.push(readResult(answer))
    }

    expect(memberships).toEqual([true, true, true, true, false, false, false])
  })

  it('knows of somebody who has gone', async () => {
    const provider = new LdapProvider({ url: server().url, users: people, groups, ...reader })

    const found = [
      await provider.findUserByID('12f16976-4253-481e-89f0-e4ea8c1d791a'),
      await provider.findUserByID('00000000-0000-0000-0000-000000000000')
    ]

    expect(found).toMatchObject([{ userName: 'jsmith' }, null])
  })

  it.each([
    ['is not there', () => freePort().then((port) => `ldap://127.0.0.1:${port}`), 'reading'],
    ['does not take the reader', () => Promise.resolve(server().url), 'wrong']
  ])(
    'refuses nobody while the server %s: the login fails with what it said, without the password',
    async (_what, findUrl, readerPassword) => {
      const provider = new LdapProvider({ url: await findUrl(), users: people, groups, ...reader, readerPassword })

      const failure: unknown = await provider.authenticate({ userName: 'jsmith', password: 'hidden-word' }).catch((error: unknown) => error)

      expect(failure).toBeInstanceOf(Error)
      expect(String(failure)).not.toMatch(/hidden-word|reading/)
    }
  )
})

describe('The recipe "ldap", asked to send passwords over the network in the clear,', () => {
  it('does not start', () => {
    const settings = { users: people, groups, readerName: 'cn=reader', readerPassword: 'reading' }

    expect(() => new LdapProvider({ url: 'ldap://ldap.example.com', ...settings })).toThrow('LDAP_URL must start with ldaps://')
  })
})
