/**
 * @typedef {{ now: number, quotas?: Quotas, trouble?: string | null, waiting?: WaitingAccount[], figures?: Figures,
 *   process?: { host: string, pid: number }, history?: CountPoint[], total?: number,
 *   events?: AuditEvent[], view?: TableView, rows?: SessionRow[] }} ConsoleState
 */

const shown = {
  /** @type {Quotas} */
  quotas: { sessions: null, guests: null, perUser: null },
  /** @type {CountPoint[]} */
  history: [],
  matching: 0,
  total: 0
}
const query = { search: '', kind: 'all', sort: 'since', order: 'descending', page: 0 }
/** @type {{ source: EventSource | null, timer: number, isOver: boolean }} */
const connection = { source: null, timer: 0, isOver: false }

/** Opens the stream of the view that is asked for, in place of the one there is. */
function connect() {
  if (connection.isOver) return
  disconnect()
  const source = new EventSource(`${base}events?${new URLSearchParams({ ...query, page: String(query.page) })}`)
  connection.source = source
  // A new stream begins with everything that it has to say.
  element('audit').dataset['stale'] = 'yes'
  source.addEventListener('open', () => showConnection('live', 'Live'))
  source.addEventListener('state', (message) => showState(JSON.parse(message.data)))
  source.addEventListener('end', finish)
  source.addEventListener('error', () => {
    showConnection('gone', 'The server is gone; trying again')
    if (source.readyState === EventSource.CLOSED) connection.timer = setTimeout(() => void askWhy(), 3000)
  })
}

function disconnect() {
  clearTimeout(connection.timer)
  connection.source?.close()
  connection.source = null
}

/** An event source does not say why it was refused: the page's own status does. */
async function askWhy() {
  const status = await fetch(base.slice(0, -1) || '/', { method: 'HEAD' }).then(
    (response) => response.status,
    () => 0
  )
  if (status === 401 || status === 403) finish()
  else connect()
}

function finish() {
  connection.isOver = true
  disconnect()
  showConnection('over', 'Ended')
  const trouble = element('trouble')
  const again = create('a', { href: '' }, 'Log in again')
  trouble.replaceChildren('Your session has ended, or you may no longer use the console. ', again)
  trouble.hidden = false
  for (const button of document.querySelectorAll('main button')) button.setAttribute('disabled', '')
}

/**
 * @param {string} state
 * @param {string} text
 */
function showConnection(state, text) {
  const connectionState = element('connection')
  connectionState.dataset['state'] = state
  setText(connectionState, text)
  document.body.classList.toggle('stale', state === 'gone' || state === 'over')
}

/** @param {ConsoleState} state */
function showState(state) {
  clock.ahead = state.now - Date.now()
  const list = element('audit')
  if (list.dataset['stale'] === 'yes') {
    list.replaceChildren()
    delete list.dataset['stale']
    setText(element('audit-state'), 'Nothing has happened yet.')
    element('audit-state').hidden = false
  }
  if (state.quotas) shown.quotas = state.quotas
  if (state.history) shown.history = state.history
  if (state.total !== undefined) shown.total = state.total
  if (state.events) showEvents(state.events)
  if (state.waiting) showWaiting(state.waiting)
  if (state.figures) showFigures(state.figures)
  if (state.process) showProcess(state.process)
  if (state.rows) updateRows(state.rows)
  if (state.view) {
    query.page = state.view.page
    shown.matching = state.view.matching
    arrangeRows(state.view)
  }
  if (state.trouble !== undefined) showTrouble(state.trouble)
  showCounts()
}

/** @param {string | null} trouble */
function showTrouble(trouble) {
  element('trouble').hidden = trouble === null
  setText(element('trouble'), trouble === null ? '' : `${trouble}. What is shown is of before; the console goes on trying.`)
}

function showCounts() {
  const { quotas, history, matching, total } = shown
  const last = history.at(-1) ?? { signedIn: 0, guests: 0 }
  const all = last.signedIn + last.guests
  showCount('all', all, quotas.sessions)
  showCount('guests', last.guests, quotas.guests)
  setText(element('count-signed-in'), last.signedIn.toLocaleString())
  setText(element('quota-signed-in'), quotas.perUser === null ? '' : `up to ${quotas.perUser} a user`)
  drawChart(history, quotas)
  const isFiltered = query.search !== '' || query.kind !== 'all'
  const empty = isFiltered && total > 0 ? 'No session matches.' : 'There are no sessions.'
  setText(element('table-state'), matching === 0 ? empty : `${matching.toLocaleString()} ${matching === 1 ? 'session' : 'sessions'}`)
}

/**
 * @param {'all' | 'guests'} name
 * @param {number} count
 * @param {number | null} quota
 */
function showCount(name, count, quota) {
  setText(element(`count-${name}`), count.toLocaleString())
  setText(element(`quota-${name}`), quota === null ? 'no limit' : `of ${quota.toLocaleString()}`)
  const bar = element(`bar-${name}`)
  if (bar.parentElement) bar.parentElement.hidden = quota === null
  const part = quota === null || quota === 0 ? 0 : Math.min(1, count / quota)
  bar.style.width = `${part * 100}%`
  bar.classList.toggle('full', part >= 0.9)
}

/** @param {Partial<typeof query>} change */
function ask(change) {
  Object.assign(query, { page: 0 }, change)
  showOrder(query.sort, query.order)
  connect()
}

buildTable((sort) => {
  const turned = query.order === 'ascending' ? 'descending' : 'ascending'
  ask({ sort, order: query.sort === sort ? turned : sort === 'user' || sort === 'address' ? 'ascending' : 'descending' })
})
showOrder(query.sort, query.order)
element('filters').addEventListener('submit', (event) => event.preventDefault())
element('search').addEventListener('input', (event) => {
  const { value } = /** @type {HTMLInputElement} */ (event.target)
  clearTimeout(connection.timer)
  connection.timer = setTimeout(() => ask({ search: value }), 250)
})
element('kind').addEventListener('change', (event) => ask({ kind: /** @type {HTMLSelectElement} */ (event.target).value }))
element('sort').addEventListener('change', (event) => {
  const [sort = 'since', order = 'descending'] = /** @type {HTMLSelectElement} */ (event.target).value.split(' ')
  ask({ sort, order })
})
element('page-before').addEventListener('click', () => ask({ page: query.page - 1 }))
element('page-after').addEventListener('click', () => ask({ page: query.page + 1 }))

window.addEventListener('resize', () => drawChart(shown.history, shown.quotas))
setInterval(() => drawChart(shown.history, shown.quotas), 10_000)

// A hidden tab watches nothing, and leaves its connection to others: browsers open six to a host.
document.addEventListener('visibilitychange', () => (document.hidden ? disconnect() : connect()))
// After the back button the page may be one from memory, of a session that is long over.
window.addEventListener('pageshow', (event) => event.persisted && location.reload())
if (location.href.endsWith('?')) history.replaceState(null, '', location.pathname)
connect()
