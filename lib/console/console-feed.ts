import { onlooker } from '../event-raiser.js'
import type { DirectoryEvent, DirectoryEventName, DirectoryStatistics, RestDirectory, SessionInfo } from '../index.js'
import { AuditTail } from './audit-tail.js'
import { type CountPoint, withCounts } from './count-history.js'

export interface FeedTiming {
  /** However much happens, the sessions are not listed more often than this. */
  readonly soonestRefreshMilliseconds: number
  /** However little, and for what other processes do. */
  readonly latestRefreshMilliseconds: number
  readonly heartbeatMilliseconds: number
  readonly mostStreams: number
}

/** Who watches. */
export interface FeedWatcher {
  readonly handle: string
  /** Sends what is new. */
  flush(): void
  /** Shows the connection that somebody is here, and asks whether the operator may still look. */
  beat(): void
  /** Ends the stream because the server closes: the page tries again, and finds the one that takes its place. */
  leave(): void
}

/** Listing and sending may take this part of the time: a million sessions are looked at less often than a hundred. */
const shareOfTime = 1 / 10
const longestPauseMilliseconds = 10_000
/** The console does not look again for these: the event of a failing store would have it ask that store once more. */
const eventsWithoutConsequence: ReadonlySet<DirectoryEventName> = new Set(['sys_degraded', 'authz_fail', 'malicious_extraneous'])
const eventsThatEndASession: ReadonlySet<DirectoryEventName> = new Set(['authn_token_revoked', 'session_expired', 'session_renewed'])

/**
 * What the console knows, gathered once for all who watch: the sessions, the counts of the last minutes, the audit tail. One listener for as
 * long as the console is there; no timer while nobody watches and nothing happens, and none that keeps the process alive.
 */
export class ConsoleFeed {
  readonly audit = new AuditTail()
  history: readonly CountPoint[] = []
  /** All live sessions as of the last look; empty before the first. */
  roster: readonly SessionInfo[] = []
  /** Whether the roster is of now, and not of when somebody last watched. */
  isCurrent = false
  /** Why the sessions cannot be seen at the moment; `null`: they can. */
  trouble: string | null = null
  /** What the directory does, as of the last look; `null` before the first. */
  statistics: DirectoryStatistics | null = null
  readonly #directory: RestDirectory
  readonly #timing: FeedTiming
  readonly #watchers = new Set<FeedWatcher>()
  #seenAt = 0
  #isRefreshing = false
  /** How often a look has been asked for while one was under way. */
  #askedMeanwhile = 0
  #earliest = 0
  #timer: { readonly due: number; readonly handle: NodeJS.Timeout } | null = null
  #heartbeat: NodeJS.Timeout | undefined

  constructor(directory: RestDirectory, timing: FeedTiming) {
    this.#directory = directory
    this.#timing = timing
    const hear = (event: DirectoryEvent) => this.#hear(event)
    directory.events.on('event', Object.assign(hear, { [onlooker]: true }))
    directory.closing.addEventListener('abort', () => {
      for (const watcher of this.#watchers) watcher.leave()
    })
  }

  /** The time on the clock of the directory, which tells it only when it is asked: that of the last look, and what has passed since. */
  now(): number {
    return this.statistics === null ? Date.now() : this.statistics.at.getTime() + performance.now() - this.#seenAt
  }

  async askTime(): Promise<number> {
    await this.look()
    return this.now()
  }

  /** What the directory does now. */
  async look(): Promise<DirectoryStatistics> {
    const statistics = await this.#directory.statistics()
    if (statistics !== this.statistics) {
      this.statistics = statistics
      this.#seenAt = performance.now()
    }
    return statistics
  }

  get isFull(): boolean {
    return this.#watchers.size >= this.#timing.mostStreams
  }

  add(watcher: FeedWatcher): void {
    if (this.#directory.closing.aborted) {
      watcher.leave()
      return
    }
    // What was seen before the last one left is old, unless another look is not due yet: an operator who turns a page does not wait.
    if (this.#watchers.size === 0 && performance.now() > this.#earliest) this.isCurrent = false
    this.#watchers.add(watcher)
    this.#heartbeat ??= setInterval(() => {
      for (const each of this.#watchers) each.beat()
    }, this.#timing.heartbeatMilliseconds).unref()
    if (this.isCurrent) watcher.flush()
    this.#refreshWithin(0)
  }

  remove(watcher: FeedWatcher): void {
    this.#watchers.delete(watcher)
    if (this.#watchers.size > 0) return
    clearInterval(this.#heartbeat)
    this.#heartbeat = undefined
  }

  noteUnlocked(account: string): void {
    this.audit.noteUnlocked(account)
    for (const watcher of this.#watchers) watcher.flush()
  }

  #hear(event: DirectoryEvent): void {
    this.audit.note(event)
    if (event.event === 'sys_degraded') return
    if (eventsThatEndASession.has(event.event)) {
      for (const watcher of this.#watchers) if (event.replaces === watcher.handle || event.handle === watcher.handle) watcher.beat()
    }
    if (this.#watchers.size > 0) this.#refreshWithin(this.#timing.soonestRefreshMilliseconds)
    else if (!eventsWithoutConsequence.has(event.event)) this.#refreshWithin(this.#timing.latestRefreshMilliseconds)
  }

  /** Plans the next look: no later than this, but no sooner than the last one allows. */
  #refreshWithin(milliseconds: number): void {
    const now = performance.now()
    const due = Math.max(now + milliseconds, this.#earliest)
    if (this.#isRefreshing) {
      this.#askedMeanwhile += 1
      return
    }
    if (this.#timer && this.#timer.due <= due) return
    clearTimeout(this.#timer?.handle)
    const handle = setTimeout(() => void this.#refresh(), due - now).unref()
    this.#timer = { due, handle }
  }

  async #refresh(): Promise<void> {
    this.#timer = null
    this.#isRefreshing = true
    const askedBefore = this.#askedMeanwhile
    const startedAt = performance.now()
    try {
      await this.#lookAtSessions()
      this.trouble = null
    } catch (error) {
      this.trouble = error instanceof Error ? error.message : String(error)
    }
    for (const watcher of this.#watchers) watcher.flush()
    const took = performance.now() - startedAt
    this.#isRefreshing = false
    const pause = Math.min(took / shareOfTime, longestPauseMilliseconds)
    this.#earliest = startedAt + Math.max(this.#timing.soonestRefreshMilliseconds, pause)
    if (this.#watchers.size > 0) this.#refreshWithin(this.#askedMeanwhile > askedBefore ? 0 : this.#timing.latestRefreshMilliseconds)
  }

  async #lookAtSessions(): Promise<void> {
    const { sessions } = this.#directory
    await this.look()
    const point = { time: this.now(), ...(await sessions.count()) }
    const isWatched = this.#watchers.size > 0
    const roster: SessionInfo[] = []
    if (isWatched) for await (const session of sessions.list()) roster.push(session)
    this.roster = roster
    this.isCurrent = isWatched
    this.history = withCounts(this.history, point)
  }
}
