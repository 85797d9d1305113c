import type { IncomingMessage } from 'node:http'

import { raw, type Request, type Response } from 'express'

import { DirectoryError } from '../errors.js'
import { readUntilClosing } from './read-until-closing.js'

const largestBodyBytes = 16 * 1024
const jsonType = /^\s*application\/json\s*(?:;|$)/i
const formType = /^\s*application\/x-www-form-urlencoded\s*(?:;|$)/i

/** Express' own reader: inflates, counts, and leaves the bytes alone whatever the content type says. */
const readRaw = raw({ type: () => true, limit: largestBodyBytes })

/** The arguments of a directory request: the JSON array in the body. No body, `{}` or another object: none. A bare value is one argument. */
export async function readArguments(req: Request, res: Response, closing: AbortSignal): Promise<readonly unknown[] | null> {
  return argumentsOf(await readJSON(req, res, closing))
}

/** The same of a body that has been read. */
export function argumentsOf(body: unknown): readonly unknown[] | null {
  if (Array.isArray(body)) return body as readonly unknown[]
  return body === undefined || (typeof body === 'object' && body !== null) ? null : [body]
}

/**
 * What the body holds; `undefined`: nothing.
 *
 * Clients label it as they like (`wakanda-client` says it is a form, and escapes five characters), so the content type decides nothing else.
 *
 * @throws DirectoryError `ERR_BODY` (400) for what is not JSON, `ERR_BODY_TOO_LARGE` (413) over 16 KiB, 503 once the directory closes.
 */
export async function readJSON(req: Request, res: Response, closing: AbortSignal): Promise<unknown> {
  return wasRead(req) ? takeParsedBody(req) : parseBody(await readBody(req, res, closing), req)
}

// express.json() of Express 4 leaves `req.body = {}` beside a stream that nobody has read, so the stream is asked, not the body.
function wasRead(req: Request): boolean {
  return req.readableDidRead || req.readableEnded
}

function takeParsedBody(req: Request): unknown {
  const body: unknown = req.body
  if (isForm(req) && typeof body === 'object' && body !== null && !Array.isArray(body) && !Buffer.isBuffer(body)) {
    throw new DirectoryError(
      'ERR_BODY',
      'express.urlencoded() in front of the directory router has destroyed the JSON array in the body: mount the router before it'
    )
  }
  // A bare value, out of express.json({ strict: false }). Text that nobody has parsed begins with what JSON begins with.
  if (typeof body === 'string' && jsonType.test(contentTypeOf(req)) && !/^\s*["[{]/.test(body)) return body
  if (Buffer.isBuffer(body) || typeof body === 'string') return parseBody(Buffer.from(body as string), req)
  return body
}

function readBody(req: Request, res: Response, closing: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    void readUntilClosing(readRaw, closing)(req, res, (error?: unknown) => {
      if (error === undefined || error === null) resolve(Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0))
      else reject(bodyError(error))
    })
  })
}

function bodyError(cause: unknown): DirectoryError {
  if (cause instanceof DirectoryError) return cause
  const isTooLarge = cause instanceof Error && 'type' in cause && cause.type === 'entity.too.large'
  return isTooLarge
    ? new DirectoryError('ERR_BODY_TOO_LARGE', `The body is over ${largestBodyBytes} bytes`, { cause })
    : new DirectoryError('ERR_BODY', 'The body cannot be read', { cause })
}

function parseBody(bytes: Buffer, req: IncomingMessage): unknown {
  const text = bytes.toString('utf8').replace(/^\ufeff/, '')
  if (text.trim() === '') return undefined
  try {
    // `wakanda-client` escapes these five and not `%`. Decoding first, because `["O%27B"]` is JSON as it stands.
    return JSON.parse(isForm(req) ? text.replace(/%(?:21|27|28|29|2A)/gi, decodeURIComponent) : text) as unknown
  } catch (cause) {
    throw new DirectoryError('ERR_BODY', 'The body is not JSON: an array such as ["userName", "password"] is expected', { cause })
  }
}

function isForm(req: IncomingMessage): boolean {
  return formType.test(contentTypeOf(req))
}

function contentTypeOf({ headers }: IncomingMessage): string {
  return headers['content-type'] ?? ''
}
