import { hash } from 'node:crypto'
import { isIP } from 'node:net'

import express, { type Request, type RequestHandler, type Router } from 'express'

import type { SessionInfo, Sessions } from '../../index.js'
import { html, type Html, htmlPage, pageHeaders } from '../../html.js'
import { licencesStyle } from './licences-style.js'

export interface LicencesPageParts {
  readonly sessions: Sessions
  /** `null`: as many as come. */
  readonly licences: number | null
  readonly guestsTakeLicences: boolean
  /** The name under which this machine was told to listen. */
  readonly host: string
  readonly now: () => number
}

/** More would make a page of megabytes in a flood of visitors. */
const mostRows = 200

const headers = pageHeaders(`style-src 'sha256-${hash('sha256', licencesStyle, 'base64')}'`)

/** What came of the button, under the names that the redirect carries. */
const outcomes: ReadonlyMap<unknown, Html> = new Map([
  ['back', html`<p class="outcome" role="status">The licence has been given back.</p>`],
  ['before', html`<p class="outcome" role="status">That session had ended before.</p>`]
])

/** The page at `/`: who holds the licences, and a button that gives one back. It works without script. */
export function licencesPage(parts: LicencesPageParts): Router {
  const { sessions, host } = parts
  const page = express.Router()
  page.get('/', refuseStrangers(host), (req, res, next) => {
    licencesText(parts, req.query['given']).then((text) => res.type('html').send(text), next)
  })
  page.post('/', refuseStrangers(host), express.urlencoded({ extended: false, limit: '1kb' }), (req, res, next) => {
    const { handle } = (req.body ?? {}) as { readonly handle?: unknown }
    // Relative, so that a proxy may put the page elsewhere.
    sessions.end(String(handle)).then((isGiven) => res.redirect(303, `?given=${isGiven ? 'back' : 'before'}`), next)
  })
  return page
}

/** Nobody logs in to this page, so no other site may read it or post to it. */
function refuseStrangers(host: string): RequestHandler {
  return function refuseStranger(req, res, next) {
    res.set(headers)
    const problem = leadsAstray(req, host)
      ? `This page is served to addresses, to names without a dot, and to --host (${host})`
      : isOfAnotherSite(req)
        ? 'A page of another site asked for this'
        : null
    if (problem === null) next()
    else res.status(403).type('text').send(`${problem}\n`)
  }
}

/** A site can have its own name lead to this machine and read what it says (DNS rebinding). Such a name has a dot, and is no address. */
function leadsAstray(req: Request, host: string): boolean {
  const name = (req.get('host') ?? '').replace(/:\d*$/, '').toLowerCase()
  return name.includes('.') && isIP(name) === 0 && name !== host.toLowerCase()
}

/** Browsers send `Origin` with every POST (Fetch, "append a request Origin header"). */
function isOfAnotherSite(req: Request): boolean {
  const origin = req.get('origin')
  return req.method === 'POST' && origin !== undefined && origin.replace(/^[a-z]+:\/\//, '') !== req.get('host')
}

async function licencesText(parts: LicencesPageParts, given: unknown): Promise<string> {
  const { sessions, guestsTakeLicences, now } = parts
  const counts = await sessions.count()
  const holders: SessionInfo[] = []
  for await (const session of sessions.list()) {
    if (guestsTakeLicences || session.userID !== null) holders.push(session)
    if (holders.length === mostRows) break
  }
  holders.sort((one, other) => one.createdAt.getTime() - other.createdAt.getTime())
  const taken = counts.signedIn + (guestsTakeLicences ? counts.guests : 0)
  const body = html`<main>
    <h1>Licences</h1>
    ${outcomes.get(given) ?? html``}
    <p>${describeCounts(parts, taken, counts.guests)} <a href="?">Look again</a></p>
    ${holders.length === 0 ? html`` : table(holders, now())}
    ${taken > holders.length ? html`<p>${String(taken - holders.length)} more are not shown.</p>` : html``}
  </main>`
  return htmlPage({ title: `Licences: ${taken} taken`, style: `<style>${licencesStyle}</style>`, body: body.text })
}

function describeCounts({ licences, guestsTakeLicences }: LicencesPageParts, taken: number, guests: number): string {
  const all = licences === null ? `${taken} taken, of as many as come.` : `${taken} of ${licences} taken.`
  return guestsTakeLicences ? all : `${all} Guests take none; there are ${guests}.`
}

function table(holders: readonly SessionInfo[], now: number): Html {
  const rows = holders.map((holder) => row(holder, now).text).join('')
  return html`<div class="scroll" role="region" aria-label="Who holds them" tabindex="0">
    <table>
      <thead>
        <tr>
          <th scope="col">User</th>
          <td></td>
          <th scope="col">Since</th>
          <th scope="col">Last seen</th>
          <th scope="col">Ends</th>
          <th scope="col">Address</th>
          <th scope="col">Client</th>
        </tr>
      </thead>
      <tbody>
        ${{ text: rows }}
      </tbody>
    </table>
  </div>`
}

function row(
  { handle, userID, userName, createdAt, lastSeenAt, expirationDate, ip, userAgent, confirmed }: SessionInfo,
  now: number
): Html {
  const name = userID === null ? 'a guest' : userName
  return html`<tr>
    <th scope="row">${name}${confirmed ? html`` : html`<small>The cookie has not come back yet</small>`}</th>
    <td>
      <form method="post" action="?">
        <input type="hidden" name="handle" value="${handle}" />
        <button aria-label="${`Give back the licence of ${name}`}">Give back</button>
      </form>
    </td>
    <td>${moment(createdAt, now)}</td>
    <td>${moment(lastSeenAt, now)}</td>
    <td>${moment(expirationDate, now)}</td>
    <td>${ip}</td>
    <td>${userAgent}</td>
  </tr>`
}

function moment(date: Date, now: number): Html {
  const minutes = Math.round((date.getTime() - now) / 60_000)
  const [count, unit] = Math.abs(minutes) < 120 ? [minutes, 'min'] : [Math.round(minutes / 60), 'h']
  const text = count === 0 ? 'now' : count < 0 ? `${-count} ${unit} ago` : `in ${count} ${unit}`
  return html`<time datetime="${date.toISOString()}">${text}</time>`
}
