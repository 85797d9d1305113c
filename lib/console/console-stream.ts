import { hostname } from 'node:os'

import type { Response, Router } from 'express'

import { forwardRejection } from '../http/forward-rejection.js'
import type { DirectoryStatistics, RestDirectory, SessionInfo, SessionQuotas } from '../index.js'
import type { ConsoleFeed, FeedWatcher } from './console-feed.js'
import { readViewQuery, rowsPerPage, viewSessions, type ViewQuery } from './session-view.js'
import { WatchPermit } from './watch-permit.js'

/** A connection that has taken nothing for so many heartbeats is given up. */
const mostSilentBeats = 4

/** `GET events?search=&kind=&sort=&order=&page=`: the view that the query describes, and from then on what changes. */
export function addStreamRoute(router: Router, directory: RestDirectory, feed: ConsoleFeed, group: string): void {
  router.get(
    '/events',
    forwardRejection(async function answerStream(req, res) {
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
    })
  )
}

interface StreamParts {
  readonly res: Response
  readonly feed: Readonly<ConsoleFeed>
  readonly handle: string
  readonly permit: WatchPermit
  readonly query: ViewQuery
}

/**
 * One operator's stream of server-sent events. It sends what has changed since it last could: nothing is queued for a connection that does
 * not keep up, so its memory is bounded by one message.
 */
class ConsoleStream implements FeedWatcher {
  readonly handle: string
  readonly #parts: StreamParts
  readonly #sentMembers = new Map<string, string>()
  #sentRows = new Map<string, string>()
  #sentEvent = 0
  #silentBeats = 0
  #isChecking = false

  constructor(parts: StreamParts) {
    this.#parts = parts
    this.handle = parts.handle
  }

  open(): void {
    const { res, feed } = this.#parts
    if (res.closed) return
    res.status(200)
    res.setHeader('Content-Type', 'text/event-stream; charset=utf-8')
    res.setHeader('Cache-Control', 'no-store, no-transform')
    // nginx collects answers otherwise.
    res.setHeader('X-Accel-Buffering', 'no')
    // Nothing follows on this connection, or `server.close()` would wait for it to become old.
    res.shouldKeepAlive = false
    res.flushHeaders()
    this.#write('retry: 3000\n\n')
    res.on('drain', () => this.flush())
    res.on('close', () => feed.remove(this))
    feed.add(this)
  }

  flush(): void {
    const { res, feed, permit } = this.#parts
    if (!this.#isWritable() || res.writableNeedDrain) return
    // Before the first look there is nothing to see, which is not the same as nobody there.
    if (!feed.isCurrent && feed.trouble === null) return
    if (permit.isDue) {
      void this.#check()
      return
    }
    const state = this.#whatIsNew()
    if (Object.keys(state).length === 0) return
    this.#send('state', { now: feed.now(), ...state })
  }

  beat(): void {
    const { res } = this.#parts
    if (!this.#isWritable()) return
    this.#silentBeats = res.writableNeedDrain ? this.#silentBeats + 1 : 0
    if (this.#silentBeats >= mostSilentBeats) {
      res.destroy()
      return
    }
    if (this.#silentBeats === 0) this.#write(':\n\n')
    void this.#check()
  }

  leave(): void {
    this.#parts.feed.remove(this)
    if (this.#isWritable()) this.#parts.res.end()
  }

  /** Ends the stream once its session has ended or lost the group; else goes on with what there is to show. */
  async #check(): Promise<void> {
    if (this.#isChecking) return
    this.#isChecking = true
    const verdict = await this.#parts.permit.check()
    this.#isChecking = false
    if (verdict === 'allowed') this.flush()
    else if (verdict === 'over') this.#end()
    // The page tries again, and is told by the guard what is the matter.
    else this.leave()
  }

  #end(): void {
    if (this.#isWritable()) this.#send('end', {})
    this.leave()
  }

  #whatIsNew(): Record<string, unknown> {
    const { audit, history, roster, statistics, trouble } = this.#parts.feed
    const members: Record<string, unknown> = {
      ...(statistics && { quotas: shownQuotas(statistics.quotas), figures: shownFigures(statistics) }),
      process: thisProcess,
      trouble,
      waiting: audit.waiting(),
      history,
      total: roster.length
    }
    const state: Record<string, unknown> = {}
    for (const [name, value] of Object.entries(members)) if (this.#isNew(name, value)) state[name] = value
    const events = audit.after(this.#sentEvent)
    if (events.length > 0) state['events'] = events
    this.#sentEvent = events.at(-1)?.number ?? this.#sentEvent
    return { ...state, ...this.#newRows() }
  }

  /** The order of the page's rows where it has changed, and the rows that are new or have changed. */
  #newRows(): Record<string, unknown> {
    const { feed, query } = this.#parts
    const { matching, page, sessions } = viewSessions(feed.roster, query)
    const before = this.#sentRows
    const rows = sessions.map((session) => this.#describe(session))
    this.#sentRows = new Map(rows.map((row) => [row.handle, JSON.stringify(row)]))
    const changed = rows.filter((row) => before.get(row.handle) !== this.#sentRows.get(row.handle))
    const view = { matching, page, rowsPerPage, handles: rows.map((row) => row.handle) }
    return { ...(this.#isNew('view', view) && { view }), ...(changed.length > 0 && { rows: changed }) }
  }

  #describe({ createdAt, lastSeenAt, expirationDate, ...session }: SessionInfo) {
    const times = { since: createdAt.getTime(), seen: lastSeenAt.getTime(), expires: expirationDate.getTime() }
    return { ...session, ...times, mine: session.handle === this.handle }
  }

  #isNew(name: string, value: unknown): boolean {
    const text = JSON.stringify(value)
    if (this.#sentMembers.get(name) === text) return false
    this.#sentMembers.set(name, text)
    return true
  }

  #send(event: string, data: object): void {
    this.#write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  #write(text: string): void {
    const { res } = this.#parts
    res.write(text)
    // What `compression` adds to answers, to send on what it has collected.
    const flush: unknown = Reflect.get(res, 'flush')
    if (typeof flush === 'function') Reflect.apply(flush, res, [])
  }

  #isWritable(): boolean {
    const { writableEnded, destroyed } = this.#parts.res
    return !writableEnded && !destroyed
  }
}

/** Which of several processes this is: its events and figures are its own. */
const thisProcess = { host: hostname(), pid: process.pid }

/** Without what changes though nothing happens. */
function shownFigures({ logins, passwords, store, provider, throttle, failures }: DirectoryStatistics) {
  return {
    logins,
    queue: passwords && {
      threads: passwords.threads,
      running: passwords.running,
      waiting: passwords.waiting,
      refused: passwords.refused,
      milliseconds: rounded(passwords.meanMilliseconds)
    },
    store: { failures: store.failures, milliseconds: rounded(store.meanMilliseconds) },
    provider: { failures: provider.failures, milliseconds: rounded(provider.meanMilliseconds) },
    waiting: throttle?.waiting ?? null,
    failures: failures.map(({ latestAt, ...failure }) => ({ ...failure, latestAt: latestAt.getTime() }))
  }
}

function rounded(milliseconds: number): number {
  return milliseconds < 10 ? Math.round(milliseconds * 10) / 10 : Math.round(milliseconds)
}

function shownQuotas({ sessions, guestSessions, sessionsPerUser }: SessionQuotas) {
  return { sessions: limit(sessions), guests: limit(guestSessions), perUser: limit(sessionsPerUser) }
}

/** JSON has no Infinity. */
function limit(value: number): number | null {
  return value === Infinity ? null : value
}
