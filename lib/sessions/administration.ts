import type { IncomingMessage } from 'node:http'

import { forgiven } from '../forgiven.js'
import type { DirectoryUser } from '../providers/directory-provider.js'
import type { SessionKeeper } from './session-keeper.js'
import { expiresAt, type SessionRecord } from './session-store.js'
import type { Session } from './session.js'

/** A live session as operators see it: everything but the id. */
export interface SessionInfo {
  /** Names the session for `end`; opens nothing, so it may be shown. */
  readonly handle: string
  /** `null` for a guest. */
  readonly userID: string | null
  /** `''` for a guest. */
  readonly userName: string
  /** Where the session was opened from. */
  readonly ip: string
  /** Of the browser or program that opened it; at most 200 characters. */
  readonly userAgent: string
  readonly createdAt: Date
  /** The last request that extended it. */
  readonly lastSeenAt: Date
  /** When it ends if no request comes. */
  readonly expirationDate: Date
  /** Whether its cookie has come back at least once. */
  readonly confirmed: boolean
}

/** What an operator or a WebSocket server does with live sessions: `directory.sessions`. */
export interface Sessions {
  /** All live sessions, or those of one user, in no order. */
  list(filter?: { readonly userID?: string }): AsyncIterable<SessionInfo>
  /** How many sessions are live, exactly. */
  count(): Promise<{ signedIn: number; guests: number }>
  /** Ends the session of that handle; `false`: there is none. `by` names in the event who did it. */
  end(handle: string, options?: EndOptions): Promise<boolean>
  /** Ends all sessions of a user, but the one of the handle `except`; resolves to how many. */
  endUser(userID: string, options?: EndManyOptions): Promise<number>
  /** Ends every session, guests included, but the one of the handle `except`; resolves to how many. */
  endAll(options?: EndManyOptions): Promise<number>
  /**
   * The session of a WebSocket upgrade, slid like any request's; `null`: none, or a page of another origin asks that is not allowed. Sends nothing and opens
   * nothing. Rejects where it cannot be found out, so catch that, or a listener that awaits it ends the process. `app` is the one whose `trust proxy` says which host the request came to; absent: that of the latest request served.
   */
  resume(request: IncomingMessage, app?: TrustingApp): Promise<{ user: DirectoryUser | null; session: Session } | null>
}

/** Express' app, as far as its `trust proxy` goes. */
export interface TrustingApp {
  /** The value of a setting. */
  get(setting: string): unknown
}

/** Who ends sessions. */
export interface EndOptions {
  /** Who ends them: a name for the events. */
  readonly by?: string | undefined
}

/** Who ends sessions, and which one stays. */
export interface EndManyOptions extends EndOptions {
  /** The handle of the session that stays. */
  readonly except?: string | undefined
}

/** So many at a time, so that a store on the network is neither asked one by one nor all at once. */
const endedTogether = 50

export function sessionAdministration(keeper: SessionKeeper, resume: Sessions['resume']): Sessions {
  const end: Sessions['end'] = (handle, { by } = {}) => forgiven(keeper.endByHandle(handle, by ?? null))

  async function endListed(filter: { readonly userID?: string }, { except, by }: EndManyOptions = {}): Promise<number> {
    // Listed to the end before the first is ended, so that no page of a store's listing shifts meanwhile.
    const handles: string[] = []
    for await (const { handle } of keeper.list(filter)) if (handle !== except) handles.push(handle)
    let ended = 0
    for (let from = 0; from < handles.length; from += endedTogether) {
      const outcomes = await Promise.all(handles.slice(from, from + endedTogether).map((handle) => end(handle, { by })))
      ended += outcomes.filter(Boolean).length
    }
    return ended
  }

  return {
    async *list(filter = {}) {
      for await (const record of keeper.list(filter)) yield describe(record)
    },
    count: () => forgiven(keeper.count().then(({ signedIn, guests }) => ({ signedIn, guests }))),
    end,
    endUser: (userID, options) => forgiven(endListed({ userID }, options)),
    endAll: (options) => forgiven(endListed({}, options)),
    resume: (request, app) => forgiven(resume(request, app))
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
