import { type HeaderWriter, requestsKey, type ServedMessage, shownKey } from './contract.js'
import { expressPrototype } from './express-prototype.js'

type ShowingMessage = ServedMessage & { directory?: unknown; [shownKey]?: true }

/**
 * Makes `req.directory` the directory that serves the request. By a getter on Express' own prototype, once per copy of Express, which shows the latest directory of
 * a request: a property of its own on each request would cost as much as a look into the store (see `watchHeaders`). A request that has one all the same, or is
 * none of Express', gets it anew.
 */
export function showDirectory(req: ShowingMessage, served: HeaderWriter): void {
  const isShown = req[requestsKey] === served && !Object.hasOwn(req, 'directory') && (req[shownKey] === true || isHooked(req))
  if (!isShown) req.directory = served.host
}

function isHooked(req: ShowingMessage): boolean {
  // `express.request`.
  const prototype = expressPrototype(req, 'acceptsCharsets')
  if (prototype === null) return false
  Object.defineProperty(prototype, shownKey, { value: true })
  Object.defineProperty(prototype, 'directory', {
    configurable: true,
    get(this: ShowingMessage): unknown {
      return this[requestsKey]?.host
    },
    // Whatever a host or a stub puts there counts for that request.
    set(this: ShowingMessage, value: unknown) {
      Object.defineProperty(this, 'directory', { value, writable: true, enumerable: true, configurable: true })
    }
  })
  return true
}
