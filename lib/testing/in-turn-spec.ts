import { strict as assert } from 'node:assert'

import type { DirectoryUser } from '../providers/directory-provider.js'
import type { CreateOutcome, NewSessionRecord, SessionQuotas } from '../sessions/session-store.js'
import { listed, living, newGuest, newSignIn, type NewSession, start, type StoreSpec, tryToOpen } from './store-spec.js'

/** One of those who ask for a session, in the order in which they do. */
interface Turn {
  /** What `replaces` and `ends` call the session by. */
  readonly name: string
  /** Milliseconds after `start`. */
  readonly at: number
  /** `null`: a guest. */
  readonly user: DirectoryUser | string | null
  readonly record?: Partial<NewSessionRecord>
  /** Which session of an earlier turn it is to replace. */
  readonly replaces?: string
  /** `created`, unless given. */
  readonly answer?: CreateOutcome
  /** The sessions of earlier turns that make room for it, besides the replaced one. */
  readonly ends?: readonly string[]
  /** When its cookie comes back, in milliseconds after `start`. Never, unless given. */
  readonly comesBackAt?: number
}

export function guest(name: string, at: number, details: Partial<Turn> = {}): Turn {
  return { user: null, ...details, name, at }
}

/** Of the user `name`, unless the details name another. */
export function login(name: string, at: number, details: Partial<Turn> = {}): Turn {
  return { user: name, ...details, name, at }
}

/** The same, and the cookie comes back at once. */
export function confirmed(turn: Turn): Turn {
  return { ...turn, comesBackAt: turn.at }
}

/**
 * Lets sessions be opened one after the other under the same quotas. Who lives is looked at where a turn is refused or ends somebody, and after the last one.
 */
export function specifyInTurn(it: StoreSpec, title: string, quotas: Partial<SessionQuotas>, turns: readonly Turn[]): void {
  it(title, async (store) => {
    const sessions = new Map<string, NewSession>()
    const live = new Set<string>()

    for (const { name, at, user, record, replaces = '', answer = 'created', ends = [], comesBackAt } of turns) {
      const session = user === null ? newGuest(start + at, record) : newSignIn(start + at, user, record)
      assert.equal(await tryToOpen(store, session, { quotas, replaces: sessions.get(replaces) }), answer, `the answer to ${name}`)
      if (comesBackAt !== undefined) await store.resume([session.id], start + comesBackAt)

      sessions.set(name, session)
      if (answer === 'created') for (const ended of [replaces, ...ends]) live.delete(ended)
      if (answer === 'created') live.add(name)
      if (answer === 'created' && ends.length === 0 && sessions.size < turns.length) continue
      const lives = await living(store, [...sessions.values()], start + at)
      assert.deepEqual(new Set([...sessions.keys()].filter((_, index) => lives[index])), live)
      assert.equal((await listed(store, start + at)).length, live.size)
    }
  })
}
