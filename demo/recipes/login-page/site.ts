import { join } from 'node:path'

import { renderFile } from 'ejs'
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import { DirectoryError, directoryRouter, type DirectoryRouterOptions, type RestDirectory } from 'express-4d-directory'
import helmet from 'helmet'

import { accountRoutes } from './account-routes.js'
import type { Accounts } from './accounts.js'
import { loginRoutes } from './login-routes.js'
import { UnlockLinks } from './unlock-links.js'
import { unlockRoutes } from './unlock-routes.js'

/** What the routes work with. */
export interface Site {
  readonly directory: RestDirectory
  readonly accounts: Accounts
  readonly links: UnlockLinks
  readonly sendMail: (to: string, text: string) => void | Promise<void>
  readonly now: () => number
}

export function createSite(
  accounts: Accounts,
  sendMail: Site['sendMail'],
  options: Partial<DirectoryRouterOptions> = {}
): { app: Express; directory: RestDirectory } {
  const directory = directoryRouter({
    provider: accounts,
    loginPage: '/login',
    // The cookie ends with the browser, but for who has ticked "remember me".
    cookie: { persistent: false },
    session: { idleMinutes: 30 * 24 * 60, absoluteMinutes: 30 * 24 * 60 },
    ...options
  })
  const site: Site = { directory, accounts, links: new UnlockLinks(), sendMail, now: options.now ?? Date.now }

  const app = express()
  app.engine('ejs', (path: string, data: object, done) => {
    renderFile(path, data, done)
  })
  app.set('view engine', 'ejs').set('views', join(__dirname, 'views'))
  // With helmet's own `no-referrer`, browsers hide the origin of this site's forms from it, which are then refused as another site's on plain HTTP.
  app.use(helmet({ referrerPolicy: { policy: 'same-origin' } }))
  app.use(forNoCache, directory.sessionMiddleware)
  app.use(express.urlencoded({ extended: false, limit: '8kb' }))
  app.use(loginRoutes(site), unlockRoutes(site), accountRoutes(site))
  app.get('/', (req, res) => res.render('home', { user: req.directory.user }))
  app.use('/rest', directory)
  app.use(renderRefusal)
  return { app, directory }
}

/** Each page is one visitor's, and some hold a secret. */
const forNoCache: RequestHandler = (_req, res, next) => {
  res.set('Cache-Control', 'no-store')
  next()
}

/** Whatever the directory refuses on a page is a page too. */
const renderRefusal: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (!(error instanceof DirectoryError) || res.headersSent) {
    next(error)
    return
  }
  if (error.retryAfterSeconds !== undefined) res.set('Retry-After', String(error.retryAfterSeconds))
  res.status(error.status).render('message', { message: error.message })
}
