/**
 * Logins that the old 4D server decides, to move an app route by route while its users stay where they are.
 *
 * Clients log in here with the names and passwords that they have, and ask here for the routes that have moved; for the others they go on asking 4D, where they
 * log in as ever. Once the last route has moved, `npx express-4d-directory export` brings the users over, and a provider of your own replaces this one.
 *
 * OLD_4D_LOGIN=authentify asks the application's function `authentify` and not `$directory/login`: for force-login mode, the default of new projects since 4D 20 R6.
 *
 * Run it: OLD_4D_URL=https://4d.example.com/rest GROUPS=Sales,Managers node --import tsx demo/recipes/old-4d-server/server.ts
 * Try it: curl -X POST -H 'username-4D: jsmith' -H 'password-4D: smith' 'http://127.0.0.1:8044/rest/$directory/login'
 */
import type { AddressInfo } from 'node:net'

import express from 'express'
import { directoryRouter, requireGroup } from 'express-4d-directory'

import { Authentify4DServer } from './authentify-4d-server.js'
import { Old4DServer } from './old-4d-server.js'

const url = process.env['OLD_4D_URL'] ?? ''
const groups = (process.env['GROUPS'] ?? '').split(',').filter((group) => group !== '')
const asksFunction = process.env['OLD_4D_LOGIN'] === 'authentify'
const directory = directoryRouter({
  provider: asksFunction ? new Authentify4DServer(url) : new Old4DServer(url, groups),
  rest: { digestLogin: !asksFunction },
  // Cookies know no ports: under 4D's own name, a browser that talks to both on one host would lose the one session to the other.
  cookie: { name: 'MOVED4D' },
  // A visitor who has not logged in has no business here yet.
  session: { guests: 'never' }
})
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
