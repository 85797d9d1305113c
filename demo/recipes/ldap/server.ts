/**
 * Users and groups in an LDAP directory: OpenLDAP, 389, Active Directory. Whether a password is right is decided by a bind, so no hash ever leaves the server.
 *
 * ldap-provider.ts does the asking, and says what to change for another schema.
 *
 * Run it: LDAP_URL=ldaps://ldap.example.com LDAP_USERS=ou=people,dc=example,dc=com LDAP_GROUPS=ou=groups,dc=example,dc=com \
 *         LDAP_READER=cn=reader,dc=example,dc=com LDAP_READER_PASSWORD=... node --import tsx demo/recipes/ldap/server.ts
 * Try it: curl -X POST -H 'username-4D: jsmith' -H 'password-4D: smith' 'http://127.0.0.1:8044/rest/$directory/login'
 */
import type { AddressInfo } from 'node:net'

import express from 'express'
import { directoryRouter, requireGroup } from 'express-4d-directory'

import { LdapProvider } from './ldap-provider.js'

const provider = new LdapProvider({
  url: setting('LDAP_URL'),
  users: setting('LDAP_USERS'),
  groups: setting('LDAP_GROUPS'),
  readerName: setting('LDAP_READER'),
  readerPassword: setting('LDAP_READER_PASSWORD')
})
// A bind needs the password itself. Without this line the provider would have to refuse 4D's digests, after they had counted as guesses.
const directory = directoryRouter({ provider, rest: { digestLogin: false } })
// What clients are not told, 503 and no more, is for whoever runs this.
directory.events.on('sys_degraded', ({ reason }) => console.error(reason))

const app = express().disable('x-powered-by')
app.use('/rest', directory)
app.get('/rest/Employee', requireGroup('Sales'), (_req, res) => {
  res.json([])
})
app.use(directory.errorHandler)

const server = app.listen(Number(process.env['PORT'] ?? 8044), '127.0.0.1')
server.once('listening', () => console.log(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`))
process.once('SIGTERM', () => server.close(() => void directory.close()))

function setting(name: string): string {
  const value = process.env[name]
  if (value === undefined || value === '') throw new Error(`${name} is not set: the comment at the top of this file shows an example`)
  return value
}
