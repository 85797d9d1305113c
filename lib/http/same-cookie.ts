import type { TrustingApp } from '../sessions/administration.js'
import type { RequestServices } from './request-services.js'

/** Two directories of one app with one cookie would log each other out, also where they never meet in one request. */
export function warnOfSameCookie(app: TrustingApp, services: RequestServices): void {
  const neighbours = neighboursIn(rootOf(app))
  neighbours.add(services)
  for (const { cookie, store } of neighbours) {
    if (cookie === services.cookie || store === services.store || !services.cookie.isSentWith(cookie)) continue
    services.warnings.once(
      'SAME_COOKIE',
      `Two directories of one app call their cookie ${services.cookie.options.name}, and each takes the other's place in the browser: a login in one logs out of ` +
        'the other. Give one of them another cookie.name, or each a cookie.path of its own'
    )
  }
}

/** What an app keeps the directories under that serve it. */
const servedBy: unique symbol = Symbol('directories of the app')

type ServedApp = TrustingApp & { readonly parent?: ServedApp; [servedBy]?: Set<RequestServices> }

/** The app that the host listens with: those below it answer for the same address. */
function rootOf(app: ServedApp): ServedApp {
  return app.parent ? rootOf(app.parent) : app
}

function neighboursIn(app: ServedApp): Set<RequestServices> {
  const neighbours = app[servedBy] ?? new Set<RequestServices>()
  app[servedBy] = neighbours
  return neighbours
}
