import type { AddressInfo } from 'node:net'

import express from 'express'

import { BcryptPool, directoryRouter, type RequestDirectory, StaticProvider } from '../../lib/index.js'
import { users } from './seed-directory.js'
import { isDown, StoreWithFaults, type StoreVerb } from './store-with-faults.js'

// A server in a process of its own that awaits nothing, and whose store and provider are down once `/down` was asked for. It says its address in a line.
const jsmith = users[0]
const known = new StaticProvider({ users })
const store = new StoreWithFaults()
let isUp = true
const asked = <T>(answer: () => Promise<T>) => (isUp ? answer() : Promise.reject(new Error('connect ECONNREFUSED')))
const directory = directoryRouter({
  provider: {
    findUser: (name) => asked(() => known.findUser(name)),
    findUserByID: (ID) => asked(() => known.findUserByID(ID)),
    belongsTo: (user, group) => asked(() => known.belongsTo(user, group))
  },
  store,
  passwords: new BcryptPool({ cost: 4, threads: 1 }),
  revalidateSeconds: 0
})
const credentials = { userName: 'jsmith', password: 'smith' }

/** What calls of these names are given; the others want nothing. */
const argumentsOf: Readonly<Record<string, readonly unknown[]>> = {
  login: [credentials],
  verify: [credentials],
  signIn: [jsmith],
  countFailure: [jsmith],
  confirmPassword: ['smith'],
  belongsTo: ['Sales']
}

/** Calls everything that `req.directory` has, whatever is added to it. */
function forgetEverything(served: RequestDirectory): readonly string[] {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(served)).filter((name) => !['constructor', 'toJSON'].includes(name))
  return names.filter((name) => {
    const method: unknown = Reflect.get(served, name)
    if (typeof method === 'function') Reflect.apply(method, served, argumentsOf[name] ?? [])
    return typeof method === 'function'
  })
}

const app = express()
app.use('/rest', directory)
app.get('/rest/forget', (req, res) => {
  const { session } = req.directory
  isUp = false
  for (const verb of ['create', 'resume', 'update', 'read', 'end', 'endByHandle', 'list', 'count'] satisfies StoreVerb[])
    store.fault(verb, isDown)
  void session?.update((storage) => Object.assign(storage, { forgotten: true }))
  void session?.isLive()
  const called = forgetEverything(req.directory)
  void directory.sessions.count()
  void directory.sessions.end('0123456789ABCDEF')
  void directory.sessions.endUser(jsmith.ID)
  void directory.sessions.endAll()
  void directory.sessions.resume(req)
  void directory.belongsTo(jsmith, 'Sales')
  void directory.unlock('jsmith')
  void directory.statistics()
  // No texts at all, as callers in JavaScript may have it.
  void directory.passwords.hash(undefined as never)
  void directory.passwords.verify(undefined as never, 'no hash')
  res.json(called)
})
app.get('/still-there', (_req, res) => res.end('yes'))
const server = app.listen(0, '127.0.0.1', () => console.log(`at http://127.0.0.1:${(server.address() as AddressInfo).port}`))
