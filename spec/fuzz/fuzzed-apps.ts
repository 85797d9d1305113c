import { randomBytes } from 'node:crypto'
import { createServer, IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'

import express, { type Express, type NextFunction, type Request, type Response } from 'express'

import {
  digest4D,
  directoryRouter,
  type DirectoryRouterOptions,
  LruSessionStore,
  MemoryLoginThrottle,
  type PasswordHasher,
  requireGroup,
  requireUser,
  type RestDirectory,
  StaticProvider
} from '../../lib/index.js'
import { counterRoutes } from '../support/counter-routes.js'
import { holdConversation } from './hold-conversation.js'

/** Somebody whose name, ID and password nobody can guess, so that an answer that holds one of them is that person's. */
export interface Person {
  readonly userName: string
  readonly fullName: string
  readonly ID: string
  readonly password: string
}

export const people: readonly Person[] = Array.from({ length: 4 }, (_, index) => {
  const nonce = randomBytes(8).toString('hex')
  return {
    userName: `person ${index} ${nonce}`,
    fullName: `Person ${index}, ${nonce} in full`,
    ID: randomBytes(16).toString('hex').toUpperCase(),
    password: randomBytes(12).toString('base64')
  }
})

/** The ways to set the directory up that read requests differently. */
const setups: readonly { readonly options: Partial<DirectoryRouterOptions>; readonly prepare?: (app: Express) => void }[] = [
  { options: {} },
  {
    options: { cookie: { secrets: ['one secret of the fuzzed app', 'another'] }, rest: { headerLogin: 'login-only' } },
    prepare: (app) => app.use(express.json())
  },
  {
    options: { cookie: { sameSite: 'none', secure: true, name: '__Host-id' }, session: { guests: 'never' } },
    prepare: (app) => app.set('trust proxy', true)
  },
  {
    options: { rest: { digestLogin: false, allowEmptyPasswords: true } },
    prepare: (app) => app.use(express.text({ type: 'text/*' }), express.urlencoded({ extended: true }))
  }
]

const never = 1_000_000
const endlessly = {
  failuresPerAccountAndAddress: never,
  failuresPerAccount: never,
  failuresUntilLocked: never,
  failuresPerAddress: never
}

export const setupCount = setups.length

/** Hashing threads have to wait for everybody else on a busy machine. A turn of the event loop is enough for clients to hang up in. */
const withoutHashing: PasswordHasher = {
  hash: (password) => Promise.resolve(digest4D(password)),
  verify: (secret, passwordHash) => setImmediate(digestOf(secret) === passwordHash)
}

function digestOf(secret: Parameters<PasswordHasher['verify']>[0]): string {
  if (typeof secret === 'string') return digest4D(secret)
  return 'password' in secret ? digest4D(secret.password) : secret.hashedPassword
}

/** An app under fuzz, with a session of each person. */
export class FuzzedApp {
  readonly port: number
  readonly cookieName: string
  readonly directory: RestDirectory
  /** What came to the host's error handler and is no refusal. */
  readonly surprises: unknown[] = []
  /** The cookie's value by person, the newest last: signed where the app signs. */
  readonly #values: readonly string[][] = people.map(() => [])
  readonly #server: Server

  private constructor(server: Server, directory: RestDirectory, cookieName: string, surprises: unknown[]) {
    this.#server = server
    this.directory = directory
    this.cookieName = cookieName
    this.surprises = surprises
    this.port = (server.address() as AddressInfo).port
  }

  static async start(setup: number): Promise<FuzzedApp> {
    const { options, prepare } = setups[setup] ?? { options: {} }
    const directory = directoryRouter({
      provider: new StaticProvider({
        users: people.map(({ password, ...person }) => ({ ...person, passwordHash: digest4D(password) })),
        groups: [{ ID: '1', name: 'Sales', users: [people[0]?.userName ?? ''] }]
      }),
      passwords: withoutHashing,
      store: new LruSessionStore({ maxSignedIn: 2000, maxGuests: 500 }),
      // Nobody is kept waiting here: guesses are to reach what comes behind the throttle.
      throttle: new MemoryLoginThrottle({ ...endlessly, maxKeys: 1000 }),
      quotas: { sessionsPerUser: 20 },
      ...options
    })
    const surprises: unknown[] = []
    const app = express()
    prepare?.(app)
    directory.get('/Mine', requireUser(), (req, res) => void res.json(req.directory.user))
    directory.all('/Sales', requireGroup('Sales'), (req, res) => void res.json(req.directory.user))
    counterRoutes()(app, directory)
    app.use(keepSurprises(surprises))
    const server = createServer(app)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new FuzzedApp(server, directory, options.cookie?.name ?? 'WASID4D', surprises)
  }

  /** The value of the person's cookie now. */
  valueOf(person: number): string {
    return this.#values[person]?.at(-1) ?? ''
  }

  /** Sees to it that the person is logged in; checks, too, that the cookie is still nobody else's. */
  async signIn(person: number): Promise<void> {
    const known = this.valueOf(person)
    const resumed = known === '' ? null : await this.directory.sessions.resume(upgradeWith(`${this.cookieName}=${known}`))
    if (resumed?.user && resumed.user.ID !== people[person]?.ID) throw new Error(`a cookie of person ${person} is another's`)
    if (resumed?.user) return
    const { userName = '', password = '' } = people[person] ?? {}
    const body = JSON.stringify([userName, password])
    const head = `POST /rest/$directory/login HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`
    const calmly = { portions: [], pause: 'none', ending: 'waits' } as const
    const answer = (await holdConversation(this.port, Buffer.from(head + body), calmly, true)).toString('latin1')
    const value = new RegExp(`^Set-Cookie: ${this.cookieName}=([^;]+);`, 'm').exec(answer)?.[1]
    if (value === undefined) throw new Error(`person ${person} cannot log in: ${answer.slice(0, 300)}`)
    this.keep(person, value)
  }

  /** Takes note of a cookie that came out of a conversation of this person. */
  keep(person: number, value: string): void {
    const values = this.#values[person]
    values?.push(value)
    if (values && values.length > 50) values.splice(0, 25)
  }

  /** Whose cookie that is or was; `null`: nobody's that we know. */
  ownerOf(value: string): number | null {
    const owner = this.#values.findIndex((values) => values.includes(value))
    return owner === -1 ? null : owner
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    await this.directory.close()
  }
}

function keepSurprises(surprises: unknown[]) {
  return function answerHostError(error: unknown, _req: Request, res: Response, next: NextFunction): void {
    const status = error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : 500
    if (status >= 500) surprises.push(error)
    if (res.headersSent) next(error)
    else res.status(status).send('refused by the host')
  }
}

function upgradeWith(cookie: string): IncomingMessage {
  const request = new IncomingMessage(new Socket())
  request.headers.cookie = cookie
  return request
}
