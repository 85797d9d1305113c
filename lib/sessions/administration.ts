import type { IncomingMessage } from 'node:http'

import type { DirectoryUser } from '../providers/directory-provider.js'
import type { SessionKeeper } from './session-keeper.js'
import { expiresAt, type SessionRecord } from './session-store.js'
import type { Session } from './session.js'

/** A live session as operators see it: everything but the id. */
export interface SessionInfo {
  readonly handle: string
  /** `null` for a guest. */
  readonly userID: string | null
  /** `''` for a guest. */
  readonly userName: string
  readonly ip: string
  /** At most 200 characters. */
  readonly userAgent: string
  readonly createdAt: Date
  readonly lastSeenAt: Date
  readonly expirationDate: Date
  /** Whether its cookie has come back at least once. */
  readonly confirmed: boolean
}

/** What an operator or a WebSocket server does with live sessions: `directory.sessions`. */
export interface Sessions {
  /** All live sessions, or those of one user. */
  list(filter?: { readonly userID?: string }): AsyncIterable<SessionInfo>
  /** How many sessions are live, exactly. */
  count(): Promise<{ signedIn: number; guests: number }>
  /** Ends the session of that handle; `false`: there is none. */
  end(handle: string): Promise<boolean>
  /** Ends all sessions of a user, but the one of the handle `except`; resolves to how many. */
  endUser(userID: string, options?: { readonly except?: string }): Promise<number>
  /** Ends every session, guests included; resolves to how many. */
  endAll(): Promise<number>
  /** The session of a WebSocket upgrade, slid like any request's; `null`: none. Sends nothing and opens nothing. */
  resume(request: IncomingMessage): Promise<{ user: DirectoryUser | null; session: Session } | null>
}

export class SessionAdministration implements Sessions {
  readonly #keeper: SessionKeeper
  readonly resume: Sessions['resume']

  constructor(keeper: SessionKeeper, resume: Sessions['resume']) {
    this.#keeper = keeper
    this.resume = resume
  }

  async *list(filter: { readonly userID?: string } = {}): AsyncGenerator<SessionInfo, void, undefined> {
    for await (const record of this.#keeper.list(filter)) yield describe(record)
  }

  async count(): Promise<{ signedIn: number; guests: number }> {
    const { signedIn, guests } = await this.#keeper.count()
    return { signedIn, guests }
  }

  end(handle: string): Promise<boolean> {
    return this.#keeper.endByHandle(handle)
  }

  endUser(userID: string, options: { readonly except?: string } = {}): Promise<number> {
    return this.#endListed({ userID }, options.except)
  }

  endAll(): Promise<number> {
    return this.#endListed({}, undefined)
  }

  async #endListed(filter: { readonly userID?: string }, except: string | undefined): Promise<number> {
    // Listed to the end before the first is ended, so that no page of a store's listing shifts meanwhile.
    const handles: string[] = []
    for await (const { handle } of this.#keeper.list(filter)) if (handle !== except) handles.push(handle)
    let ended = 0
    for (const handle of handles) if (await this.#keeper.endByHandle(handle)) ended += 1
    return ended
  }
}

function describe(record: SessionRecord): SessionInfo {
  return {
    handle: record.handle,
    userID: record.user?.ID ?? null,
    userName: record.user?.userName ?? '',
    ip: record.ip,
    userAgent: record.userAgent,
    createdAt: new Date(record.createdAt),
    lastSeenAt: new Date(record.lastSeenAt),
    expirationDate: new Date(expiresAt(record)),
    confirmed: record.confirmed
  }
}
