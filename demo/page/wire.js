/**
 * @typedef {{ method: string, path: string, headers?: Record<string, string>, body?: string, credentials?: RequestCredentials }} Asked
 */
/** @typedef {{ status: number, body: any, retryAfter: number | null }} Answer */
/** @typedef {{ title: string, status: number, curl: string, request: string, response: string }} Exchange */

const mostExchanges = 30
/** @type {Exchange[]} */
const exchanges = []

/**
 * Sends a request, shows it beside its answer, and returns what the answer says. Throws a TypeError where the server does not answer.
 * @param {Asked} asked
 * @returns {Promise<Answer>}
 */
export async function ask(asked) {
  const id = crypto.randomUUID?.() ?? makeID()
  const { method, path, headers = {}, body, credentials = 'same-origin' } = asked
  const sent = body === undefined ? headers : { 'Content-Type': 'application/json', ...headers }
  const response = await fetch(path, {
    method,
    headers: { ...sent, 'Demo-Exchange': id },
    body: body ?? null,
    credentials,
    cache: 'no-store'
  })
  const text = await response.text()
  const heads = await fetch(`exchanges/${id}`).then((found) => (found.ok ? found.json() : null))
  show({
    title: `${method} ${decodeURIComponent(new URL(path, location.href).pathname)}`,
    status: response.status,
    curl: curlLine({ method, path, headers: sent, body }),
    request: [heads?.request ?? `${method} ${path}`, '', body ?? ''].join('\n').trimEnd(),
    response: [heads?.response ?? `HTTP/1.1 ${response.status}`, '', text].join('\n').trimEnd()
  })
  const retryAfter = response.headers.get('retry-after')
  return { status: response.status, body: parse(text), retryAfter: retryAfter === null ? null : Number(retryAfter) }
}

/** @param {Exchange} exchange */
function show(exchange) {
  exchanges.unshift(exchange)
  exchanges.length = Math.min(exchanges.length, mostExchanges)
  const list = select()
  list.replaceChildren(...exchanges.map(({ title, status }, index) => new Option(`${title}: ${status}`, String(index))))
  list.selectedIndex = 0
  showChosen()
}

function showChosen() {
  const exchange = exchanges[select().selectedIndex]
  if (exchange === undefined) return
  element('wire-empty').hidden = true
  element('wire-shown').hidden = false
  for (const name of /** @type {const} */ (['curl', 'request', 'response'])) element(name).textContent = exchange[name]
  element('status').textContent = String(exchange.status)
  element('status').dataset['kind'] = exchange.status < 400 ? 'good' : 'bad'
}

/** @param {{ method: string, path: string, headers: Record<string, string>, body: string | undefined }} sent */
function curlLine({ method, path, headers, body }) {
  const parts = ['curl -i -b cookies.txt -c cookies.txt']
  // curl takes POST for granted where there is a body.
  if (method !== 'GET' && body === undefined) parts.push(`-X ${method}`)
  for (const [name, value] of Object.entries(headers)) parts.push(`-H ${quote(`${name}: ${value}`)}`)
  if (body !== undefined) parts.push(`-d ${quote(body)}`)
  return [...parts, quote(new URL(path, location.href).href)].join(' ')
}

/** @param {string} text */
function quote(text) {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

// `randomUUID` is for secure contexts only, and the demo may be looked at over plain HTTP.
function makeID() {
  const digits = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join('-')
}

function select() {
  return /** @type {HTMLSelectElement} */ (element('exchanges'))
}

/**
 * The element of this id, which the page has.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function element(id) {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`the page has no element ${id}`)
  return found
}

element('exchanges').addEventListener('change', showChosen)
element('copy').addEventListener('click', async () => {
  const button = element('copy')
  const text = element('curl').textContent ?? ''
  // The clipboard is for secure contexts only; elsewhere the line is selected, for Ctrl+C.
  const copied = await (navigator.clipboard?.writeText(text) ?? Promise.reject(new Error('no clipboard'))).then(
    () => true,
    () => false
  )
  if (!copied) getSelection()?.selectAllChildren(element('curl'))
  button.textContent = copied ? 'Copied' : 'Selected: press Ctrl+C'
  setTimeout(() => (button.textContent = 'Copy'), 2500)
})
