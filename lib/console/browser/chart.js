/** @typedef {{ time: number, signedIn: number, guests: number }} CountPoint */
/** @typedef {{ sessions: number | null, guests: number | null, perUser: number | null }} Quotas */

const chartSize = { height: 132, left: 34, bottom: 18, top: 8 }
const chartMilliseconds = 10 * 60_000

/**
 * Draws how many sessions there were: signed-in ones from the ground up, guests on top of them, and the licences as a line.
 * @param {readonly CountPoint[]} points
 * @param {Quotas} quotas
 */
function drawChart(points, quotas) {
  const { height, left, bottom, top } = chartSize
  const width = Math.max(240, element('chart').clientWidth)
  const now = serverNow()
  const most = Math.max(1, ...points.map((point) => point.signedIn + point.guests))
  // Licences that are far away would press the curve to the ground.
  const licences = quotas.sessions !== null && quotas.sessions <= most * 4 ? quotas.sessions : null
  const ceiling = roundUp(Math.max(most, licences ?? 0))
  /** @param {number} time */
  const x = (time) => left + Math.max(0, (time - now + chartMilliseconds) / chartMilliseconds) * (width - left)
  /** @param {number} count */
  const y = (count) => top + (1 - count / ceiling) * (height - top - bottom)

  const svg = createSvg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img' })
  svg.setAttribute('aria-label', describeCounts(points, quotas))
  for (const count of [0, ceiling / 2, ceiling]) {
    svg.append(createSvg('line', { class: 'grid', x1: left, x2: width, y1: y(count), y2: y(count) }))
    svg.append(createSvg('text', { class: 'tick', x: left - 6, y: y(count) + 4, 'text-anchor': 'end' }, String(count)))
  }
  for (const minutes of [10, 5, 0]) {
    const anchor = minutes === 10 ? 'start' : minutes === 0 ? 'end' : 'middle'
    const label = minutes === 0 ? 'now' : `${minutes} min ago`
    svg.append(createSvg('text', { class: 'tick', x: x(now - minutes * 60_000), y: height - 3, 'text-anchor': anchor }, label))
  }
  const all = steps(points, now, x, (point) => y(point.signedIn + point.guests))
  const signedIn = steps(points, now, x, (point) => y(point.signedIn))
  if (all !== '') {
    svg.append(area('guests', all, y(0)), area('signed-in', signedIn, y(0)))
    svg.append(createSvg('path', { class: 'line guests', d: `M${all}` }), createSvg('path', { class: 'line signed-in', d: `M${signedIn}` }))
  }
  if (licences !== null) {
    svg.append(createSvg('line', { class: 'licences', x1: left, x2: width, y1: y(licences), y2: y(licences) }))
    svg.append(createSvg('text', { class: 'tick', x: width, y: y(licences) + 13, 'text-anchor': 'end' }, `${licences} licences`))
  }
  element('chart').replaceChildren(svg)
}

/**
 * Counts stay until they change: a line of steps, up to now.
 * @param {readonly CountPoint[]} points
 * @param {number} now
 * @param {(time: number) => number} x
 * @param {(point: CountPoint) => number} y
 */
function steps(points, now, x, y) {
  /** @type {string[]} */
  const corners = []
  points.forEach((point, index) => {
    const until = points[index + 1]?.time ?? now
    corners.push(
      `${x(point.time).toFixed(1)} ${y(point).toFixed(1)}`,
      `${x(Math.max(until, point.time)).toFixed(1)} ${y(point).toFixed(1)}`
    )
  })
  return corners.join('L')
}

/**
 * @param {string} name
 * @param {string} line
 * @param {number} ground
 */
function area(name, line, ground) {
  const corners = line.split('L')
  const first = corners[0]?.split(' ')[0]
  const last = corners.at(-1)?.split(' ')[0]
  return createSvg('path', { class: `area ${name}`, d: `M${first} ${ground}L${line}L${last} ${ground}Z` })
}

/** @param {number} count */
function roundUp(count) {
  const size = 10 ** Math.floor(Math.log10(count))
  const step = [1, 2, 4, 6, 10].find((factor) => factor * size >= count) ?? 10
  return Math.max(2, step * size)
}

/**
 * What the chart shows, in words.
 * @param {readonly CountPoint[]} points
 * @param {Quotas} quotas
 */
function describeCounts(points, quotas) {
  const last = points.at(-1)
  if (last === undefined) return 'No counts yet'
  const most = Math.max(...points.map((point) => point.signedIn + point.guests))
  const limit = quotas.sessions === null ? '' : ` of ${quotas.sessions} licences`
  return `Now ${last.signedIn} signed in and ${last.guests} guests${limit}; at most ${most} sessions in the last ten minutes`
}
