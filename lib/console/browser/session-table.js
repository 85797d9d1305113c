/**
 * @typedef {{ handle: string, userID: string | null, userName: string, ip: string, userAgent: string, confirmed: boolean, since: number, seen: number,
 *   expires: number, mine: boolean }} SessionRow
 */
/** @typedef {{ matching: number, page: number, rowsPerPage: number, handles: readonly string[] }} TableView */

const columns = [
  { name: 'User', sort: 'user' },
  { name: 'Since', sort: 'since' },
  { name: 'Last seen', sort: 'seen' },
  { name: 'Expires in', sort: 'expires' },
  { name: 'Address', sort: 'address' },
  { name: 'Agent', sort: null },
  { name: 'Confirmed', sort: null }
]

/** @type {Map<string, HTMLTableRowElement>} */
const rowElements = new Map()
const tableBody = create('tbody', { role: 'rowgroup' })

/**
 * The table with its sortable heads. Roles are written out, since on a narrow screen rows are laid out as cards, which costs a table its own.
 * @param {(sort: string) => void} onSort
 */
function buildTable(onSort) {
  const heads = columns.map(({ name, sort }) => {
    const head = create('th', { scope: 'col', role: 'columnheader' })
    if (sort === null) return (head.append(name), head)
    const button = create('button', { type: 'button', class: 'sort', 'data-sort': sort }, name)
    button.addEventListener('click', () => onSort(sort))
    head.append(button)
    return head
  })
  heads.push(create('th', { scope: 'col', role: 'columnheader' }, create('span', { class: 'unseen' }, 'Actions')))
  const head = create('thead', { role: 'rowgroup' }, create('tr', { role: 'row' }, ...heads))
  element('table').replaceChildren(create('table', { role: 'table', 'aria-labelledby': 'sessions-heading' }, head, tableBody))
}

/**
 * @param {string} sort
 * @param {string} order
 */
function showOrder(sort, order) {
  for (const button of document.querySelectorAll('button.sort')) {
    const head = button.closest('th')
    if (button.getAttribute('data-sort') === sort) head?.setAttribute('aria-sort', order)
    else head?.removeAttribute('aria-sort')
  }
}

/** @param {readonly SessionRow[]} rows */
function updateRows(rows) {
  for (const row of rows) {
    const shown = rowElements.get(row.handle) ?? create('tr', { role: 'row', 'data-handle': row.handle })
    const focused = shown.contains(document.activeElement) ? document.activeElement?.getAttribute('data-verb') : null
    shown.replaceChildren(...cells(row))
    shown.classList.toggle('mine', row.mine)
    rowElements.set(row.handle, shown)
    const again = focused && shown.querySelector(`[data-verb="${focused}"]`)
    if (again instanceof HTMLElement) again.focus()
  }
}

/** @param {TableView} view */
function arrangeRows({ handles, matching, page, rowsPerPage }) {
  for (const [handle, shown] of rowElements) {
    if (handles.includes(handle)) continue
    shown.remove()
    rowElements.delete(handle)
  }
  handles.forEach((handle, index) => {
    const shown = rowElements.get(handle)
    const there = tableBody.children[index] ?? null
    // Only what is not in its place is moved: a row that moves loses the focus.
    if (shown && shown !== there) tableBody.insertBefore(shown, there)
  })
  const pages = Math.max(1, Math.ceil(matching / rowsPerPage))
  element('pager').hidden = pages === 1
  setText(element('page-now'), `Page ${page + 1} of ${pages}`)
  element('page-before').toggleAttribute('disabled', page === 0)
  element('page-after').toggleAttribute('disabled', page >= pages - 1)
}

/** @param {SessionRow} row */
function cells(row) {
  const who = row.userID === null ? create('span', { class: 'badge' }, 'Guest') : create('b', {}, row.userName)
  const user = row.mine ? [who, ' ', create('span', { class: 'badge you' }, 'You')] : [who]
  const confirmed = create('span', { class: row.confirmed ? 'yes' : 'no' }, row.confirmed ? 'yes' : 'not yet')
  /** @type {(Node | string)[][]} */
  const contents = [
    user,
    [relativeTime('ago', row.since)],
    [relativeTime('ago', row.seen)],
    [relativeTime('in', row.expires)],
    [create('span', { class: 'address' }, row.ip === '' ? 'unknown' : row.ip)],
    [create('span', { class: 'agent', title: row.userAgent }, agentName(row.userAgent))],
    [confirmed]
  ]
  const named = contents.map((content, index) => create('td', { role: 'cell', 'data-label': columns[index]?.name ?? '' }, ...content))
  return [...named, create('td', { role: 'cell', class: 'actions' }, ...(row.mine ? [] : endButtons(row)))]
}

/** @param {SessionRow} row */
function endButtons({ handle, userID, userName, ip }) {
  const whose = userID === null ? `the guest at ${ip || 'an unknown address'}` : userName
  const end = create('button', { type: 'button', 'data-verb': 'end', 'aria-label': `End the session of ${whose}` }, 'End')
  end.addEventListener('click', () => {
    void act({ question: `End this session of ${whose}?`, verb: 'End', path: 'end', body: { handle } })
  })
  if (userID === null) return [end]
  const endUser = create('button', { type: 'button', 'data-verb': 'end-user', 'aria-label': `End all sessions of ${userName}` }, 'End all')
  endUser.addEventListener('click', () => {
    void act({ question: `End all sessions of ${userName}?`, verb: 'End all', path: 'end-user', body: { userID } })
  })
  return [end, ' ', endUser]
}

/**
 * A browser's name out of what it says of itself; any other program by its first word.
 * @param {string} userAgent
 */
function agentName(userAgent) {
  /** @type {[RegExp, string][]} */
  const browsers = [
    [/\bEdg\/(\d+)/, 'Edge'],
    [/\bOPR\/(\d+)/, 'Opera'],
    [/\b(?:Headless)?Chrom(?:e|ium)\/(\d+)/, 'Chrome'],
    [/\bFirefox\/(\d+)/, 'Firefox'],
    [/\bVersion\/(\d+).*\bSafari\//, 'Safari']
  ]
  const systems = /\b(Android|iPhone|iPad|Windows|Mac OS|CrOS|Linux)\b/.exec(userAgent)?.[1]
  for (const [pattern, name] of browsers) {
    const version = pattern.exec(userAgent)?.[1]
    if (version !== undefined) return `${name} ${version}${systems === undefined ? '' : `, ${systems}`}`
  }
  return userAgent.split(' ')[0] || 'unknown'
}
