/**
 * @typedef {{ number: number, event: string, level: 'INFO' | 'WARN' | 'CRITICAL', time: string, userName: string, ip: string, handle: string | null,
 *   reason: string, limit: string | null, by: string | null, component: string | null, omitted: number }} AuditEvent
 */
/** @typedef {{ account: string, userName: string, locked: boolean, since: number }} WaitingAccount */

const mostShownEvents = 200

/** @param {readonly AuditEvent[]} events */
function showEvents(events) {
  const list = element('audit')
  const isAtTop = list.scrollTop === 0
  for (const event of events) list.prepend(describeEvent(event))
  while (list.children.length > mostShownEvents) list.lastElementChild?.remove()
  if (isAtTop) list.scrollTop = 0
  element('audit-state').hidden = list.children.length > 0
}

/** @param {AuditEvent} event */
function describeEvent({ event, level, time, userName, ip, handle, reason, limit, by, omitted }) {
  const date = new Date(time)
  const who = event === 'authn_token_revoked' && by !== null ? `by ${by}` : inWords(wayWords, by)
  const why = limit === null ? inWords(reasonWords, reason) : inWords(reasonWords, limit)
  const left = omitted === 0 ? '' : `${omitted} more before it`
  const words = [userName, ip, why, who, left, handle === null ? '' : `#${handle.slice(0, 6)}`].filter((word) => word !== '')
  return create(
    'li',
    { class: level.toLowerCase() },
    create('time', { datetime: date.toISOString(), title: date.toLocaleString() }, timeOfDay(date.getTime())),
    create('b', { title: event }, inWords(eventWords, event)),
    create('span', { class: 'words' }, words.join(' \u00b7 ')),
    create('span', { class: 'unseen' }, level)
  )
}

/** @param {readonly WaitingAccount[]} accounts */
function showWaiting(accounts) {
  element('waiting').replaceChildren(
    ...accounts.map(({ account, userName, locked, since }) => {
      const button = create('button', { type: 'button', 'aria-label': `Unlock ${userName}` }, 'Unlock')
      button.addEventListener('click', () => unlock(account))
      const state = create('span', { class: locked ? 'badge locked' : 'badge' }, locked ? 'locked' : 'waiting')
      return create('li', {}, create('span', {}, create('b', {}, userName), ' ', state, ' ', relativeTime('ago', since)), button)
    })
  )
  const state = element('waiting-state')
  state.hidden = accounts.length > 0
  setText(state, 'No account has to wait.')
}
