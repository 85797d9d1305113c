import './tabs.js'
import { ask, element } from './wire.js'

const answers = ['login-answer', 'newer-answer', 'me-answer', 'group-answer', 'counter-answer']

/** Tells the other tabs of this browser, which share the session. */
const otherTabs = new BroadcastChannel('express-4d-directory demo')
otherTabs.addEventListener('message', () => void look())

/**
 * @param {string} id
 * @returns {string}
 */
function valueOf(id) {
  return /** @type {HTMLInputElement | HTMLSelectElement} */ (element(id)).value
}

/**
 * @param {string} id
 * @param {string} text
 * @param {'good' | 'bad' | ''} [kind]
 */
function say(id, text, kind = '') {
  element(id).textContent = text
  element(id).dataset['kind'] = kind
}

/**
 * Does what a button says, shows that it is under way, and says so where the server is gone.
 * @param {string} answerID
 * @param {() => Promise<void>} work
 */
async function run(answerID, work) {
  const buttons = element(answerID).closest('section')?.querySelectorAll('button') ?? []
  for (const button of buttons) button.disabled = true
  say(answerID, 'Asking')
  try {
    await work()
    element('gone').hidden = true
  } catch {
    say(answerID, '')
    showGone()
  } finally {
    for (const button of buttons) button.disabled = false
  }
}

function showGone() {
  element('gone').hidden = false
  say('me', 'No answer', 'bad')
  element('me').dataset['state'] = 'gone'
}

/** Looks who is logged in and where the counter stands, without a word on the wire panel. */
async function look() {
  try {
    const { result } = await fetch('rest/$directory/currentUser', { cache: 'no-store' }).then((response) => response.json())
    const me = result ? `Logged in as ${result.fullName}` : 'Not logged in'
    // What was asked of the session before may no longer hold.
    if (element('me').textContent !== me) for (const id of answers) say(id, '')
    element('me').dataset['state'] = result ? 'user' : 'guest'
    say('me', me)
    const { counter } = await fetch('rest/counter', { cache: 'no-store' }).then((response) => response.json())
    element('counter').textContent = String(counter)
    element('gone').hidden = true
  } catch {
    showGone()
  }
}

async function lookEverywhere() {
  await look()
  otherTabs.postMessage('look')
}

/**
 * @param {{ path: string, userName: string, password: string, minutes?: string, dialect?: string, credentials?: RequestCredentials }} login
 */
function askLogin({ path, userName, password, minutes = '', dialect = 'headers', credentials }) {
  const shared = { method: 'POST', path: `${path}/$directory/login`, ...(credentials && { credentials }) }
  if (dialect === 'body') {
    const seconds = minutes === '' ? [] : [Number(minutes) * 60]
    return ask({ ...shared, body: JSON.stringify([userName, password, ...seconds]) })
  }
  const headers = { 'username-4D': latin1(userName), 'password-4D': latin1(password) }
  return ask({ ...shared, headers: minutes === '' ? headers : { ...headers, 'session-4D-length': minutes } })
}

/**
 * `fetch` takes header values by bytes; the directory reads these as UTF-8.
 * @param {string} text
 */
function latin1(text) {
  return String.fromCharCode(...new TextEncoder().encode(text))
}

element('login').addEventListener('submit', (event) => {
  event.preventDefault()
  void run('login-answer', async () => {
    const { status, body, retryAfter } = await askLogin({
      path: 'rest',
      userName: valueOf('user'),
      password: valueOf('password'),
      minutes: valueOf('minutes'),
      dialect: valueOf('dialect')
    })
    await lookEverywhere()
    // Who is logged in stands at the top of the page, and is said once.
    say('login-answer', status === 200 ? '' : refusal(status, body, retryAfter), 'bad')
  })
})

for (const button of document.querySelectorAll('button[data-user]')) {
  button.addEventListener('click', () => {
    const { user = '', password = '' } = /** @type {HTMLElement} */ (button).dataset
    Object.assign(element('user'), { value: user })
    Object.assign(element('password'), { value: password })
  })
}

element('logout').addEventListener('click', () => {
  void run('login-answer', async () => {
    await ask({ method: 'POST', path: 'rest/$directory/logout' })
    await lookEverywhere()
    say('login-answer', '')
  })
})

element('authentify').addEventListener('click', () => {
  void run('newer-answer', async () => {
    const args = [{ name: valueOf('user'), password: valueOf('password') }]
    const { status, body, retryAfter } = await ask({ method: 'POST', path: 'rest/$catalog/authentify', body: JSON.stringify(args) })
    await lookEverywhere()
    if (body?.result === true) say('newer-answer', 'The function returned true.', 'good')
    else if (status === 200) say('newer-answer', 'The function returned false. The status is 200 all the same.', 'bad')
    else say('newer-answer', refusal(status, body, retryAfter), 'bad')
  })
})

element('privileges').addEventListener('click', () => {
  void run('newer-answer', async () => {
    const { body } = await ask({ method: 'GET', path: 'rest/$info/privileges' })
    /** @type {{ privilege: string }[]} */
    const privileges = body?.privileges ?? []
    await look()
    say('newer-answer', privileges.length === 0 ? 'None.' : privileges.map(({ privilege }) => privilege).join(', '))
  })
})

element('ask-me').addEventListener('click', () => {
  void run('me-answer', async () => {
    const { body } = await ask({ method: 'GET', path: 'rest/$directory/currentUser' })
    const user = body?.result
    await look()
    say('me-answer', user ? `${user.fullName}, user name ${user.userName}, ID ${user.ID}` : 'Nobody: a guest.')
  })
})

element('belongs').addEventListener('submit', (event) => {
  event.preventDefault()
  void run('group-answer', async () => {
    const group = valueOf('group')
    const { body } = await ask({ method: 'POST', path: 'rest/$directory/currentUserBelongsTo', body: JSON.stringify([group]) })
    const belongs = body?.result === true
    await look()
    say('group-answer', belongs ? `Yes, in ${group}.` : `No, not in ${group}.`, belongs ? 'good' : 'bad')
  })
})

element('raise').addEventListener('click', () => void run('counter-answer', () => raise(1)))
element('raise-many').addEventListener('click', () => void run('counter-answer', () => raise(20)))

/** @param {number} times */
async function raise(times) {
  const answers = await Promise.all(Array.from({ length: times }, () => ask({ method: 'POST', path: 'rest/counter' })))
  const raised = answers.filter((answer) => typeof answer.body?.counter === 'number').length
  await lookEverywhere()
  say(
    'counter-answer',
    raised === times ? `Raised by ${raised}.` : `Raised by ${raised} of ${times}: the session has ended.`,
    raised === times ? 'good' : 'bad'
  )
}

element('wrong-password').addEventListener('click', () => {
  void run('wrong-answer', async () => {
    const { status, body, retryAfter } = await askLogin({ path: 'rest', userName: 'jsmith', password: `wrong ${Date.now() % 1000}` })
    say('wrong-answer', refusal(status, body, retryAfter), 'bad')
    await look()
  })
})

element('full-pool').addEventListener('click', () => {
  void run('wrong-answer', async () => {
    let opened = 0
    for (;;) {
      // Without its cookie each login is a further client's, and takes a licence of its own.
      const { status } = await askLogin({ path: 'small', userName: 'jsmith', password: 'smith', credentials: 'omit' })
      if (status !== 200) {
        const before = opened === 0 ? 'Both licences are still taken' : `After ${opened} more sessions both licences are taken`
        say('wrong-answer', `${before}: ${status}. They are free again within a minute: their cookies never came back.`, 'bad')
        return
      }
      opened += 1
      if (opened > 5) return
    }
  })
})

element('throttled').addEventListener('click', () => {
  void run('wrong-answer', async () => {
    for (let failures = 0; failures < 8; failures += 1) {
      const password = `guess ${crypto.getRandomValues(new Uint32Array(1))[0]}`
      const { status, retryAfter } = await askLogin({ path: 'small', userName: 'kind user', password, credentials: 'omit' })
      if (status === 401) continue
      say(
        'wrong-answer',
        `${failures === 0 ? 'Still' : `After ${failures} wrong passwords,`} ${status}: try again in ${retryAfter} s.`,
        'bad'
      )
      return
    }
  })
})

/**
 * @param {number} status
 * @param {any} body
 * @param {number | null} retryAfter
 */
function refusal(status, body, retryAfter) {
  if (status === 401) return 'Refused, 401: the name or the password is wrong. The answer does not say which.'
  const message = body?.__ERROR?.[0]?.message ?? 'no reason given'
  return `Refused, ${status}: ${message}${retryAfter === null ? '' : `; try again in ${retryAfter} s`}.`
}

element('try-again').addEventListener('click', () => void look())
// After the back button the page may be one from memory, and the session over.
window.addEventListener('pageshow', (event) => event.persisted && void look())
document.addEventListener('visibilitychange', () => !document.hidden && void look())
void look()
