import type { Express } from 'express'

import type { RestDirectory } from '../../lib/index.js'
import { forwardRejection } from '../../lib/http/forward-rejection.js'
import './spec-storage.js'
import type { Gate } from './gate.js'

/** Routes of a host that keeps something in its sessions. `/rest/slow` answers or updates when its gate is opened. */
export function counterRoutes(slow?: Gate): (app: Express, directory: RestDirectory) => void {
  return (app, directory) => {
    app.use('/rest', directory)
    app.get('/rest/storage', (req, res) => void res.json(req.directory.session?.storage ?? null))
    app.get('/rest/handle', (req, res) => void res.json(req.directory.session?.handle ?? null))
    app.get(
      '/rest/increment',
      forwardRejection(async (req, res) => {
        res.json((await req.directory.session?.update(increment)) ?? null)
      })
    )
    app.get(
      '/rest/put/:name/:text',
      forwardRejection(async (req, res) => {
        const { name, text } = req.params
        res.json((await req.directory.session?.update((storage) => Object.assign(storage, { [String(name)]: text }))) ?? null)
      })
    )
    app.get(
      '/rest/slow/increment',
      forwardRejection(async (req, res) => {
        await slow?.pass()
        res.json((await req.directory.session?.update(increment)) ?? null)
      })
    )
    app.get(
      '/rest/slow',
      forwardRejection(async (req, res) => {
        await slow?.pass()
        res.json(req.directory.user?.userName ?? null)
      })
    )
    app.use(directory.errorHandler)
  }
}

function increment(storage: { count?: number }): void {
  storage.count = (storage.count ?? 0) + 1
}
