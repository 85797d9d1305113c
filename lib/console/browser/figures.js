/** @typedef {{ failures: number, milliseconds: number }} CallFigures */
/** @typedef {{ component: string, count: number, latestAt: number, reason: string, cause: string }} ComponentFailures */
/**
 * @typedef {{ logins: Record<'succeeded' | 'failed' | 'throttled' | 'full' | 'crossSite' | 'unavailable', number>,
 *   queue: { threads: number, running: number, waiting: number, refused: number, milliseconds: number } | null, store: CallFigures, provider: CallFigures,
 *   waiting: number | null, failures: readonly ComponentFailures[] }} Figures
 */

const componentWords = { store: 'Session store', provider: 'Users and groups', throttle: 'Login throttle', passwords: 'Password check' }

/** @param {Figures} figures */
function showFigures({ logins, queue, store, provider, waiting, failures }) {
  const refused = logins.failed + logins.throttled + logins.full + logins.crossSite + logins.unavailable
  element('figures').replaceChildren(
    figure('Logins', logins.succeeded, refused === 0 ? 'none refused' : `${refused.toLocaleString()} refused`),
    ...(queue ? describeQueue(queue) : []),
    figure(componentWords.store, inMilliseconds(store.milliseconds), describeFailures(store.failures)),
    figure(componentWords.provider, inMilliseconds(provider.milliseconds), describeFailures(provider.failures)),
    ...(waiting === null ? [] : [figure('Accounts that wait', waiting, 'after failed logins')])
  )
  element('failures').hidden = failures.length === 0
  element('failure-list').replaceChildren(...failures.map(describeFailure))
}

/** @param {NonNullable<Figures['queue']>} queue */
function describeQueue({ threads, running, waiting, refused, milliseconds }) {
  return [
    figure('Logins that wait', waiting, refused === 0 ? 'none turned away' : `${refused.toLocaleString()} turned away`),
    figure('A password check', inMilliseconds(milliseconds), `${running} of ${threads} threads busy`)
  ]
}

/** @param {number} failures */
function describeFailures(failures) {
  if (failures === 0) return 'no failures'
  return failures === 1 ? '1 failure' : `${failures.toLocaleString()} failures`
}

/**
 * @param {string} name
 * @param {string | number} value
 * @param {string} words
 */
function figure(name, value, words) {
  const shown = typeof value === 'number' ? value.toLocaleString() : value
  return create('div', {}, create('dt', {}, name), create('dd', {}, create('strong', {}, shown), ' ', create('span', {}, words)))
}

/** Answers that are there at once are not timed. @param {number} milliseconds */
function inMilliseconds(milliseconds) {
  return milliseconds === 0 ? 'at once' : `${milliseconds.toLocaleString()} ms`
}

/** @param {ComponentFailures} failure */
function describeFailure({ component, count, latestAt, reason, cause }) {
  const times = count === 1 ? 'once' : `${count.toLocaleString()} times`
  return create(
    'li',
    {},
    create('b', {}, inWords(componentWords, component)),
    ` ${times}, the last time `,
    relativeTime('ago', latestAt),
    `: ${reason}`,
    cause === '' ? '' : create('code', {}, cause)
  )
}

/** @param {{ host: string, pid: number }} process */
function showProcess({ host, pid }) {
  setText(element('process'), `on ${host}, process ${pid}`)
}
