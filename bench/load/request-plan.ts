/** Requests to one app. */
export interface RequestPlan {
  readonly port: number
  /** Whole HTTP requests, sent in turn. */
  readonly requests: readonly string[]
  /** What every answer has to have: anything else ends the bench. */
  readonly status: number
  readonly connections: number
  /** Where the connections come from, in turn. */
  readonly addresses?: readonly string[]
}

export interface RequestParts {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly cookie?: string | null
  readonly body?: string
}

/** A request as browsers send it, more or less: a handful of headers. */
export function requestText({ method = 'GET', path, headers = {}, cookie = null, body = '' }: RequestParts): string {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    'Accept: application/json, text/plain, */*',
    'Accept-Language: en',
    ...(cookie === null ? [] : [`Cookie: ${cookie}`]),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(method === 'GET' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`])
  ]
  return lines.join('\r\n') + '\r\n\r\n' + body
}

/** The request that is next in turn. */
export function requestAt({ requests }: Pick<RequestPlan, 'requests'>, index: number): string {
  const request = requests[index % requests.length]
  if (request === undefined) throw new Error('a plan needs a request')
  return request
}
