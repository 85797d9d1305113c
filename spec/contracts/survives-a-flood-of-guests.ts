import { describe, expect, it } from 'vitest'

import { LruSessionStore } from '../../lib/index.js'
import { counterRoutes } from '../support/counter-routes.js'
import { heapBytes, inProcess } from '../support/in-process.js'
import { serve } from '../support/serve.js'
import { trustingProvider } from '../support/trusting-provider.js'
import { Visitor } from '../support/visitor.js'

/** Sends so many requests without a cookie through the router, which gives each a session, and looks at who is still there and what is left on the heap. */
export function survivesAFloodOfGuests(requests: number): void {
  describe('A2.4.1: a flood of requests without a cookie', () => {
    it(`of ${requests} loses no confirmed sign-in and no guest who came back, and leaves the heap bounded`, async () => {
      const maxGuests = 1000
      const { app, url, clock, directory } = await serve(
        { provider: trustingProvider, throttle: false, store: new LruSessionStore({ maxGuests, maxSignedIn: 100 }) },
        (app, router) => {
          app.use('/flood', router, (_req, res) => void res.end())
          counterRoutes()(app, router)
        }
      )
      const visit = inProcess(app)
      const visitors = await Promise.all(
        Array.from({ length: 50 }, async (_, n) => {
          const visitor = new Visitor(url)
          await visitor.logsInAs(`user ${n}`, 'right')
          await visitor.asks('/rest/increment')
          return visitor
        })
      )
      const shopper = new Visitor(url)
      await shopper.asks('/rest/increment')
      await shopper.asks('/rest/handle')
      const flood = async (count: number) => {
        for (let n = 0; n < count; n++) {
          clock.passMilliseconds(1)
          await visit('/flood', { 'user-agent': `flood ${n % 1000}` })
        }
      }
      await flood(requests / 10)
      const before = heapBytes()

      await flood(requests - requests / 10)

      expect(heapBytes() - before).toBeLessThan(4_000_000)
      expect(await directory.sessions.count()).toEqual({ signedIn: 50, guests: maxGuests })
      expect(await Promise.all(visitors.map(async (visitor) => (await visitor.asks('/rest/storage')).body))).toEqual(
        visitors.map(() => ({ count: 1 }))
      )
      expect((await shopper.asks('/rest/storage')).body).toEqual({ count: 1 })
    }, 900_000)
  })
}
