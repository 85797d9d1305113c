import { describe, expect, it } from 'vitest'

import { readViewQuery, viewSessions } from '../../lib/console/session-view.js'
import type { SessionInfo } from '../../lib/index.js'

const noon = Date.UTC(2026, 0, 1, 12)

function sessionOf(details: Partial<SessionInfo>): SessionInfo {
  const dates = { createdAt: new Date(noon), lastSeenAt: new Date(noon), expirationDate: new Date(noon + 3_600_000) }
  return { handle: 'a', userID: null, userName: '', ip: '192.0.2.1', userAgent: 'curl/8', confirmed: true, ...dates, ...details }
}

const roster = [
  sessionOf({ handle: 'a', userID: '1', userName: 'zoe', createdAt: new Date(noon + 1) }),
  sessionOf({ handle: 'b', userID: '2', userName: 'Adam', createdAt: new Date(noon + 2), confirmed: false }),
  sessionOf({ handle: 'c', ip: '198.51.100.7', createdAt: new Date(noon + 3) })
]

function handlesFor(query: Record<string, string>): string {
  return viewSessions(roster, readViewQuery(query))
    .sessions.map(({ handle }) => handle)
    .join('')
}

describe('the view of the sessions', () => {
  it.each([
    ['newest first, unless asked otherwise', {}, 'cba'],
    ['oldest first', { sort: 'since', order: 'ascending' }, 'abc'],
    ['users by name, whatever their case', { sort: 'user', order: 'ascending' }, 'cba'],
    ['signed-in sessions alone', { kind: 'signed-in' }, 'ba'],
    ['guests alone', { kind: 'guests' }, 'c'],
    ['unconfirmed ones alone', { kind: 'unconfirmed' }, 'b'],
    ['a user found by a part of the name in any case', { search: 'ZO' }, 'a'],
    ['a session found by its address', { search: '198.51' }, 'c'],
    ['guests found by the word', { search: 'guest' }, 'c'],
    ['none, where none matches', { search: 'nobody' }, ''],
    ['the default for what is not understood', { sort: 'shoe size', kind: '', page: '-1' }, 'cba']
  ] as const)('shows %s', (_, query, handles) => {
    expect(handlesFor(query)).toBe(handles)
  })

  it('shows the last page where a later one is asked for', () => {
    const many = Array.from({ length: 120 }, (_, index) => sessionOf({ handle: `h${index}`, createdAt: new Date(noon + index) }))

    const view = viewSessions(many, readViewQuery({ page: '99' }))

    expect(view.page).toBe(2)
    expect(view.sessions).toHaveLength(20)
    expect(view.sessions.at(-1)?.handle).toBe('h0')
  })
})
