import { join } from 'node:path'

import cookieParser from 'cookie-parser'
import express, { type Express, type Router } from 'express'
import { type DirectoryUser, requireGroup, type RestDirectory } from 'express-4d-directory'
import { sessionConsole } from 'express-4d-directory/console'
import helmet from 'helmet'

import { addCounterRoutes } from './counter.js'
import { WireLog } from './wire-log.js'

/** A small host as there are many: `cookie-parser` in front, the directory under `/rest`, data beside it, pages at `/` and `/console`. */
export function demoApp(
  directory: RestDirectory,
  smallDirectory: RestDirectory,
  { groupsOf }: { readonly groupsOf: (user: DirectoryUser) => readonly string[] }
): Express {
  const app = express()
  const wireLog = new WireLog()
  app.disable('x-powered-by')
  app.use(cookieParser())
  app.use(wireLog.middleware)
  app.use('/rest', directory)

  // The request that 4D's own example sends with its cookie. Express 4 reads a bare `$` as part of a regular expression.
  app.get('/rest/\\$catalog', (_req, res) => {
    res.json({ dataClasses: [{ name: 'Employee', uri: '/rest/$catalog/Employee', dataURI: '/rest/Employee' }] })
  })
  app.get('/rest/Employee', requireGroup('Sales'), (req, res) => {
    res.json({ __entityModel: 'Employee', __COUNT: 1, __SENT: 1, __FIRST: 0, __ENTITIES: [{ fullName: req.directory.user?.fullName }] })
  })
  // What clients of newer versions of 4D ask for after their login. Our privileges are groups.
  app.all('/rest/\\$info/privileges', (req, res) => {
    const { user } = req.directory
    const names = user === null ? ['guest'] : groupsOf(user)
    res.json({ privileges: names.map((privilege) => ({ privilege })) })
  })
  addCounterRoutes(app)

  app.use('/small', smallDirectory)
  app.use('/console', sessionConsole(directory, { group: 'Administrators' }))
  app.use('/', pageHeaders(), express.static(join(__dirname, 'page')), ownSource(), wireLog.router)
  app.use(directory.errorHandler)
  return app
}

/** The code of this very file and the guides, as they are, for the page to show and to lead to. */
function ownSource(): Router {
  const source = express.Router()
  source.get('/app.ts', (_req, res) => {
    res.type('text').sendFile(join(__dirname, 'app.ts'))
  })
  source.use(
    '/guides',
    express.static(join(__dirname, '..', 'docs'), { setHeaders: (res) => res.setHeader('Content-Type', 'text/plain; charset=utf-8') })
  )
  return source
}

function pageHeaders() {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        requireTrustedTypesFor: ["'script'"]
      }
    },
    // Under helmet's own choice, `no-referrer`, browsers say `Origin: null` with the page's own posts, and on plain HTTP nothing else tells these from another
    // site's: they would be refused.
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: false
  })
}
