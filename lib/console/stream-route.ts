import type { Router } from 'express'

import type { RestDirectory } from '../index.js'
import type { ConsoleFeed } from './console-feed.js'
import { ConsoleStream } from './console-stream.js'
import { readViewQuery } from './session-view.js'

/** `GET events?search=&kind=&sort=&order=&page=`: the view that the query describes, and from then on what changes. */
export function addStreamRoute(router: Router, directory: RestDirectory, feed: ConsoleFeed, group: string): void {
  router.get('/events', function answerStream(req, res) {
    if (feed.isFull) {
      res.setHeader('Retry-After', '30')
      res.status(503).json({ error: { code: 'ERR_STREAMS_FULL', message: 'Too many consoles are open' } })
      return
    }
    // A host's `server.timeout` would cut the stream between two heartbeats.
    req.socket.setTimeout(0)
    req.socket.setNoDelay(true)
    const { session, user } = req.directory
    if (session === null || user === null) throw new Error('a guard stands before this route')
    const mayWatch = async () => (await session.isLive()) && (await directory.belongsTo(user, group))
    new ConsoleStream({ res, feed, handle: session.handle, mayWatch, query: readViewQuery(req.query) }).open()
  })
}
