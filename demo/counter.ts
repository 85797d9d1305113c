import type { Express } from 'express'

declare module 'express-4d-directory' {
  /** What the sessions of the demo hold. */
  interface SessionStorage {
    counter: number
  }
}

/** A number in the session that several tabs may raise at the same time. */
export function addCounterRoutes(app: Express): void {
  app.get('/rest/counter', (req, res) => {
    res.json({ counter: req.directory.session?.storage.counter ?? 0 })
  })
  app.post('/rest/counter', (req, res, next) => {
    const { session } = req.directory
    if (session === null) {
      res.status(409).json({ counter: null })
      return
    }
    session
      .update((storage) => {
        storage.counter = (storage.counter ?? 0) + 1
      })
      .then((storage) => res.json({ counter: storage?.counter ?? null }), next)
  })
}
