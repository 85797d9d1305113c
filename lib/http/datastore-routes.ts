import type { Router } from 'express'

import { addEndpoints, type Endpoint } from './endpoint.js'
import type { DatastoreFunction } from './host-callbacks.js'
import { readArguments } from './request-arguments.js'
import type { RequestServices } from './request-services.js'
import { catalogPath, pathOf, sendAnswer } from './wire-format.js'

/**
 * Adds the host's functions of the datastore, `POST $catalog/<name>`, such as `authentify`, the login of newer versions of 4D. A name that the host has not
 * given is the host's own route.
 */
export function addDatastoreRoutes(router: Router, services: RequestServices): void {
  if (services.datastoreFunctions.size === 0) return
  addEndpoints(router, services, Array.from(services.datastoreFunctions, endpointOf), {
    folder: '$catalog',
    path: catalogPath,
    nameIn: ({ url }) => catalogPath.exec(pathOf(url))?.[1],
    orElse: (_req, _res, next) => next()
  })
}

function endpointOf([name, call]: readonly [string, DatastoreFunction]): Endpoint {
  return {
    name,
    methods: ['POST'],
    async answer(served, req, res) {
      // It may log in or out, and is judged as these are, before anything of it is read.
      served.refuseCrossSite()
      const args = (await readArguments(req, res, served.services.closing)) ?? []
      await served.logins.logInByHeaders()
      served.opening.allowUpdates()
      const hadSession = served.open !== null
      const result: unknown = await call(args, req)
      // Whoever was logged out by it is not given a session again.
      if (!hadSession && !served.hasLoggedOut) await served.opening.openGuest()
      sendAnswer(res, 200, { result: isInJSON(result) ? result : null })
    }
  }
}

/** What a function returns may be nothing, and JSON would leave the member out. */
function isInJSON(value: unknown): boolean {
  return value !== undefined && typeof value !== 'function' && typeof value !== 'symbol'
}
