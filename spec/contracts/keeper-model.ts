import { strict as assert } from 'node:assert'

import type { SessionRecord } from '../../lib/index.js'
import { slideIntervalMilliseconds, unconfirmedGraceMilliseconds } from '../../lib/sessions/session-store.js'

const minute = 60_000
export const idleMilliseconds = 10 * minute
export const absoluteMilliseconds = 30 * minute

/** What one request saw and did. Ids where it had a session, `null` where not. */
export interface Outcome {
  readonly resumed: string | null
  /** Whom it was served as. */
  readonly user: string | null
  readonly updated: string | null
  readonly ended: string | null
  /** The session that a login was to replace. */
  readonly replaced: string | null
  readonly opened: { readonly id: string; readonly handle: string; readonly user: string | null; readonly count: number } | null
  /** For whom there was no place. */
  readonly refused: 'guest' | 'login' | null
}

export const nothing: Outcome = { resumed: null, user: null, updated: null, ended: null, replaced: null, opened: null, refused: null }

interface ModelSession {
  readonly handle: string
  readonly user: string | null
  readonly createdAt: number
  lastSeenAt: number
  /** The last slide that has to be written: a store may write fewer than there are visits. */
  slidAt: number
  isConfirmed: boolean
  count: number
}

/** What sessions have to be, as plainly as it can be said; objects to whatever cannot be. */
export class KeeperModel {
  readonly #quota: number
  readonly #slideInterval: number
  readonly #live = new Map<string, ModelSession>()
  #before: readonly [string, ModelSession][] = []
  #now = 0

  constructor(quota: number, slideMilliseconds: number) {
    this.#quota = quota
    this.#slideInterval = slideIntervalMilliseconds(idleMilliseconds, slideMilliseconds)
  }

  forgetExpired(now: number): void {
    for (const [id, { createdAt, lastSeenAt }] of this.#live) {
      if (now >= Math.min(lastSeenAt + idleMilliseconds, createdAt + absoluteMilliseconds)) this.#live.delete(id)
    }
  }

  /** Takes over what the requests of one step did, which were under way together. */
  take(outcomes: readonly Outcome[], now: number): void {
    this.#now = now
    this.#before = [...this.#live].map(([id, session]) => [id, { ...session }])
    for (const { resumed, user, updated } of outcomes) {
      if (resumed === null) continue
      // Whatever ended in an earlier step is not in the model any more.
      const session = this.#live.get(resumed)
      assert.ok(session, 'a session that is over has come back')
      assert.equal(user, session.user, "a session is somebody else's")
      session.lastSeenAt = now
      if (now - session.slidAt >= this.#slideInterval) session.slidAt = now
      session.isConfirmed = true
      if (updated !== null) session.count += 1
    }
    for (const outcome of outcomes) this.#open(outcome, outcomes)
    for (const { ended, replaced, opened } of outcomes) {
      if (ended !== null) this.#live.delete(ended)
      if (replaced !== null && opened) this.#live.delete(replaced)
    }
  }

  /** The store keeps what the model does: nothing that is over, and everything else but what made room. */
  agreesWith(records: readonly SessionRecord[], outcomes: readonly Outcome[]): void {
    assert.ok(records.length <= this.#quota, 'there are more sessions than licences')
    const kept = new Map(records.map((record) => [record.handle, record]))
    for (const [id, session] of this.#live) {
      const record = kept.get(session.handle)
      kept.delete(session.handle)
      if (record) {
        assert.equal(countIn(record.storage), session.count, 'an update is lost')
        assert.equal(record.user?.userName ?? null, session.user)
        continue
      }
      assert.ok(this.#mayBeOver(session) || this.#mayHaveMadeRoom(session, outcomes), 'a session is gone that nothing has ended')
      this.#live.delete(id)
    }
    assert.equal(kept.size, 0, 'a session that is over is still kept')
    if (outcomes.length === 1 && outcomes[0]?.refused) this.#wasFull(outcomes[0])
  }

  #open({ opened, replaced }: Outcome, outcomes: readonly Outcome[]): void {
    if (opened === null) return
    const own = replaced === null ? undefined : this.#live.get(replaced)
    const carries = own !== undefined && (own.user === null || own.user === opened.user)
    const isAlone = outcomes.filter((other) => other.opened && other.replaced === replaced).length === 1
    const wasEnded = outcomes.some((other) => other.ended !== null && other.ended === replaced)
    // Of several logins that replace one session, the first ends it; beside a logout, there may be nothing left to carry over.
    if (isAlone && !wasEnded) assert.equal(opened.count, carries ? own.count : 0, 'an update is lost at the login')
    else assert.ok(opened.count <= (carries ? own.count : 0), 'a login has made up what it carries over')
    this.#live.set(opened.id, { ...opened, createdAt: this.#now, lastSeenAt: this.#now, slidAt: this.#now, isConfirmed: false })
  }

  #mayBeOver({ slidAt }: ModelSession): boolean {
    return this.#now >= slidAt + idleMilliseconds
  }

  #mayHaveMadeRoom(session: ModelSession, outcomes: readonly Outcome[]): boolean {
    return outcomes.some(({ opened }) => opened !== null && this.#isReclaimable(session, opened.user !== null))
  }

  #isReclaimable(session: ModelSession, forLogin: boolean): boolean {
    const isForgotten = !session.isConfirmed && this.#now - session.createdAt > unconfirmedGraceMilliseconds
    // A guest who comes back in this very step may have made room before.
    return isForgotten || (forLogin && session.user === null) || this.#wasForgotten(session)
  }

  #wasForgotten({ handle }: ModelSession): boolean {
    return this.#before.some(
      ([, old]) => old.handle === handle && !old.isConfirmed && this.#now - old.createdAt > unconfirmedGraceMilliseconds
    )
  }

  /** A refusal is right only when every other place is taken by somebody who does not have to make room. */
  #wasFull({ replaced, refused }: Outcome): void {
    const others = this.#before.filter(([id]) => id !== replaced)
    assert.ok(others.length >= this.#quota, 'a place was free')
    const live = others.filter(([, session]) => !this.#mayBeOver(session))
    assert.ok(!live.some(([, session]) => this.#isReclaimable(session, refused === 'login')), 'somebody had to make room')
  }
}

export function countIn(storage: string): number {
  return (JSON.parse(storage) as { count?: number }).count ?? 0
}
