import type { Express } from 'express'

import { digest4D, type RestDirectory } from '../../lib/index.js'
import { type Answer, ask, type AskOptions } from './visitor.js'

export interface WayToLogIn {
  readonly way: string
  /** Whether its refusals hold `result: false`. */
  readonly answersResult: boolean
  readonly send: (url: string, userName: string, password: string, headers?: AskOptions['headers']) => Promise<Answer>
}

const noSession = { 'nosession-4d': 'true' }

/** All that a client can send to log somebody in. The app is mounted by `mountWithPage`. */
export const waysToLogIn: readonly WayToLogIn[] = [
  byHeaders('the login route', 'POST', '/$directory/login'),
  { ...byHeaders('a digest', 'POST', '/$directory/login'), send: sendDigest },
  {
    way: 'the array in the body',
    answersResult: true,
    send: (url, userName, password, headers) =>
      ask(`${url}/rest/$directory/login`, { method: 'POST', body: JSON.stringify([userName, password]), headers: { ...headers } })
  },
  byHeaders('NoSession-4D on the login route', 'POST', '/$directory/login', noSession),
  byHeaders("headers on a host's page", 'GET', '/Page'),
  byHeaders('headers on currentUser', 'GET', '/$directory/currentUser'),
  byHeaders("NoSession-4D on a host's page", 'GET', '/Page', noSession)
]

/** Mounts the directory with a page of the host's below it, that answers the name of the user. */
export function mountWithPage(app: Express, directory: RestDirectory): void {
  directory.get('/Page', (req, res) => {
    res.json({ result: req.directory.user?.userName ?? null })
  })
  app.use('/rest', directory)
}

/** The same for an app behind proxies, whose word about the client's address it takes. */
export function mountBehindProxy(app: Express, directory: RestDirectory): void {
  app.set('trust proxy', 1)
  mountWithPage(app, directory)
}

function byHeaders(way: string, method: string, path: string, more: AskOptions['headers'] = {}): WayToLogIn {
  return {
    way,
    answersResult: path.endsWith('login'),
    send: (url, userName, password, headers) =>
      ask(`${url}/rest${path}`, { method, headers: { 'username-4D': userName, 'password-4D': password, ...more, ...headers } })
  }
}

function sendDigest(url: string, userName: string, password: string, headers: AskOptions['headers'] = {}): Promise<Answer> {
  return ask(`${url}/rest/$directory/login`, {
    method: 'POST',
    headers: { 'username-4D': userName, 'hashed-password-4D': digest4D(password), ...headers }
  })
}
