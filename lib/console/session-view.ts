import type { SessionInfo } from '../index.js'

const viewKinds = ['all', 'signed-in', 'guests', 'unconfirmed'] as const
const viewSorts = ['user', 'since', 'seen', 'expires', 'address'] as const
export const rowsPerPage = 50

/** Which sessions an operator looks at. */
export interface ViewQuery {
  /** Folded; matches in the user's name or ID, the address, the agent and the handle. */
  readonly search: string
  readonly kind: (typeof viewKinds)[number]
  readonly sort: (typeof viewSorts)[number]
  readonly descending: boolean
  /** From 0. */
  readonly page: number
}

export interface SessionView {
  readonly matching: number
  /** The page that is shown: the last one, where fewer match than were asked for. */
  readonly page: number
  readonly sessions: readonly SessionInfo[]
}

const sortKeys: Record<ViewQuery['sort'], (session: SessionInfo) => string | number> = {
  user: (session) => session.userName.toLowerCase(),
  since: (session) => session.createdAt.getTime(),
  seen: (session) => session.lastSeenAt.getTime(),
  expires: (session) => session.expirationDate.getTime(),
  address: (session) => session.ip
}

const kindTests: Record<ViewQuery['kind'], (session: SessionInfo) => boolean> = {
  all: () => true,
  'signed-in': (session) => session.userID !== null,
  guests: (session) => session.userID === null,
  unconfirmed: (session) => !session.confirmed
}

/** Reads a view from a URL's query; what is not understood is the default. */
export function readViewQuery(query: Readonly<Record<string, unknown>>): ViewQuery {
  const text = (name: string) => (typeof query[name] === 'string' ? query[name] : '')
  const page = Number(text('page'))
  return {
    search: text('search').slice(0, 100).trim().toLowerCase(),
    kind: viewKinds.find((kind) => kind === text('kind')) ?? 'all',
    sort: viewSorts.find((sort) => sort === text('sort')) ?? 'since',
    descending: text('order') !== 'ascending',
    page: Number.isSafeInteger(page) && page > 0 ? page : 0
  }
}

/** One page of the sessions, filtered and sorted here, so that a browser never has to hold all of them. */
export function viewSessions(roster: readonly SessionInfo[], query: ViewQuery): SessionView {
  const isOfKind = kindTests[query.kind]
  const keyOf = sortKeys[query.sort]
  const matching = roster.filter((session) => isOfKind(session) && matches(session, query.search))
  const direction = query.descending ? -1 : 1
  const keyed = matching.map((session) => ({ session, key: keyOf(session) }))
  // The handle decides between equals, so that rows keep their places from one look to the next.
  keyed.sort((a, b) => direction * compare(a.key, b.key) || compare(a.session.handle, b.session.handle))
  const page = Math.min(query.page, Math.max(0, Math.ceil(matching.length / rowsPerPage) - 1))
  const sessions = keyed.slice(page * rowsPerPage, (page + 1) * rowsPerPage).map(({ session }) => session)
  return { matching: matching.length, page, sessions }
}

function matches({ userName, userID, ip, userAgent, handle }: SessionInfo, search: string): boolean {
  if (search === '') return true
  return [userName, userID ?? 'guest', ip, userAgent, handle].some((text) => text.toLowerCase().includes(search))
}

function compare(a: string | number, b: string | number): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
