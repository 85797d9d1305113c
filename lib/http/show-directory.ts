import { type HeaderWriter, requestsKey, type ServedMessage, shownKey } from './contract.js'
import { expressPrototype, prototypeWith } from './express-prototype.js'

type ShowingMessage = ServedMessage & { directory?: unknown; [shownKey]?: true }

/**
 * Makes `req.directory` the directory that serves the request. By a getter on Express' own prototype, once per copy of Express, which shows the latest directory of
 * a request: a property of its own on each request would cost more than a look into the store. A request that has one all the same, or is none of Express', gets
 * it anew.
 */
export function showDirectory(req: ShowingMessage, served: HeaderWriter, isLatest: boolean): void {
  const isShown = isLatest && !Object.hasOwn(req, 'directory') && isShowing(req)
  if (!isShown) setDirectory(req, served.host)
}

function isShowing(req: ShowingMessage): boolean {
  // `express.request`.
  const prototype = expressPrototype(req, 'acceptsCharsets')
  if (prototype === null) return false
  if (prototype[shownKey] !== true) showDirectoryBy(prototype)
  return prototypeWith(req, 'directory') === prototype
}

function showDirectoryBy(prototype: ShowingMessage): void {
  Object.defineProperty(prototype, shownKey, { value: true })
  Object.defineProperty(prototype, 'directory', {
    configurable: true,
    get(this: ShowingMessage): unknown {
      return this[requestsKey]?.host
    },
    // Whatever a host or a stub puts there counts for that request.
    set(this: ShowingMessage, value: unknown) {
      setDirectory(this, value)
    }
  })
}

/** Whatever its prototypes have under the name. */
function setDirectory(req: ShowingMessage, value: unknown): void {
  Object.defineProperty(req, 'directory', { value, writable: true, enumerable: true, configurable: true })
}
