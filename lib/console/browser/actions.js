/** The console's own path with a slash at its end, whatever a proxy calls it. */
const base = location.pathname.replace(/\/*$/, '/')

/**
 * Asks the console to do something.
 * @param {string} path
 * @param {object} body
 * @returns {Promise<Record<string, unknown>>}
 */
async function post(path, body) {
  const response = await fetch(base + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body)
  })
  const answer = await response.json().catch(() => ({}))
  if (response.ok) return answer
  throw new Error(answer.error?.message ?? `The server answered ${response.status}`)
}

/**
 * Does it once the operator has agreed, and says what came of it.
 * @param {{ question?: string, verb?: string, path: string, body: object, tell?: (answer: Record<string, unknown>) => string }} action
 */
async function act({ question, verb = '', path, body, tell = tellEnded }) {
  if (question !== undefined && !(await agrees(question, verb))) return
  try {
    notify(tell(await post(path, body)))
  } catch (error) {
    notify(error instanceof TypeError ? 'The server does not answer' : String(error instanceof Error ? error.message : error), true)
  }
}

/**
 * @param {string} question
 * @param {string} verb
 * @returns {Promise<boolean>}
 */
function agrees(question, verb) {
  const dialog = element('confirm')
  if (!(dialog instanceof HTMLDialogElement)) return Promise.resolve(false)
  setText(element('confirm-text'), question)
  setText(element('confirm-yes'), verb)
  dialog.returnValue = 'no'
  dialog.showModal()
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true })
  })
}

/** @param {Record<string, unknown>} answer */
function tellEnded(answer) {
  return answer['ended'] === 1 ? '1 session ended' : `${answer['ended']} sessions ended`
}

element('log-out').addEventListener('click', async () => {
  await post('logout', {}).catch(() => undefined)
  location.reload()
})

element('end-others').addEventListener('click', () => {
  const question = 'End every session but your own? Everybody else is logged out, and guests lose what they have stored.'
  void act({ question, verb: 'End all others', path: 'end-others', body: {} })
})

element('unlock').addEventListener('submit', (event) => {
  event.preventDefault()
  const input = element('account')
  if (!(input instanceof HTMLInputElement)) return
  unlock(input.value.trim())
  input.value = ''
})

/** @param {string} account */
function unlock(account) {
  if (account === '') return
  const tell = (/** @type {Record<string, unknown>} */ { unlocked }) =>
    unlocked === true ? `${account} is unlocked` : `${account} was not locked, and did not have to wait`
  void act({ path: 'unlock', body: { account }, tell })
}
