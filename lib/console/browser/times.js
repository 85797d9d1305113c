/** How far the server's clock is ahead of this one, in milliseconds. */
const clock = { ahead: 0 }

function serverNow() {
  return Date.now() + clock.ahead
}

/**
 * A length of time in one unit, as short as it can be said.
 * @param {number} milliseconds
 */
function duration(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.round(minutes / 60)
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`
}

/** @param {number} time */
function ago(time) {
  const passed = serverNow() - time
  return passed < 1500 ? 'now' : `${duration(passed)} ago`
}

/** @param {number} time */
function timeOfDay(time) {
  return new Date(time).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false })
}

/**
 * An element whose words change as time goes by.
 * @param {'ago' | 'in'} kind
 * @param {number} time
 */
function relativeTime(kind, time) {
  const date = new Date(time)
  const shown = create('time', { datetime: date.toISOString(), title: date.toLocaleString(), 'data-kind': kind })
  tell(shown)
  return shown
}

/** @param {HTMLTimeElement} shown */
function tell(shown) {
  const time = Date.parse(shown.dateTime)
  setText(shown, shown.dataset['kind'] === 'ago' ? ago(time) : duration(time - serverNow()))
}

setInterval(() => {
  for (const shown of document.querySelectorAll('time[data-kind]')) if (shown instanceof HTMLTimeElement) tell(shown)
}, 1000)
