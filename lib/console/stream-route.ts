import type { Request, Response, Router } from 'express'

import { forwardRejection } from '../http/forward-rejection.js'
import type { RestDirectory } from '../index.js'
import type { ConsoleFeed } from './console-feed.js'
import { ConsoleStream } from './console-stream.js'
import { readViewQuery } from './session-view.js'
import { WatchPermit } from './watch-permit.js'

/** `GET events?search=&kind=&sort=&order=&page=`: the view that the query describes, and from then on what changes. */
export function addStreamRoute(router: Router, directory: RestDirectory, feed: ConsoleFeed, group: string): void {
  async function answerStream(req: Request, res: Response): Promise<void> {
    const { revalidateSeconds } = await feed.look()
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
    const isMember = () => directory.belongsTo(user, group)
    const permit = new WatchPermit({ isLive: () => session.isLive(), isMember, revalidateSeconds, clock: feed })
    new ConsoleStream({ res, feed, handle: session.handle, permit, query: readViewQuery(req.query) }).open()
  }
  router.get('/events', forwardRejection(answerStream))
}
