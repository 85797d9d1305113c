import cookieParser from 'cookie-parser'
import express, { type Express } from 'express'
import { requireGroup, type RestDirectory } from 'express-4d-directory'

/** A small host as there are many: `cookie-parser` in front, the directory under `/rest`, and data beside it. */
export function demoApp(directory: RestDirectory): Express {
  const app = express()
  app.disable('x-powered-by')
  app.use(cookieParser())
  app.use('/rest', directory)

  // The request that the seed's sample sends with its cookie. Express 4 reads a bare `$` as part of a regular expression.
  app.get('/rest/\\$catalog', (_req, res) => {
    res.json({ dataClasses: [{ name: 'Employee', uri: '/rest/$catalog/Employee', dataURI: '/rest/Employee' }] })
  })
  app.get('/rest/Employee', requireGroup('Sales'), (req, res) => {
    res.json({ __entityModel: 'Employee', __COUNT: 1, __SENT: 1, __FIRST: 0, __ENTITIES: [{ fullName: req.directory.user?.fullName }] })
  })

  app.use(directory.errorHandler)
  return app
}
