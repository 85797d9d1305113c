import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect, type IncomingHttpHeaders as Http2Headers } from 'node:http2'
import { request as httpsRequest } from 'node:https'

export interface ProtocolAnswer {
  readonly status: number
  readonly headers: Readonly<IncomingHttpHeaders>
  readonly setCookies: readonly string[]
  readonly text: string
}

export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** One request of this machine, over that protocol, whoever has signed its certificate. `authority` is what the browser would show as host and port. */
export function askBy(protocol: 'http' | 'https' | 'h2c' | 'h2', port: number, path: string, asked: Asked = {}): Promise<ProtocolAnswer> {
  return protocol === 'http' || protocol === 'https' ? askHttp1(protocol, port, path, asked) : askHttp2(protocol, port, path, asked)
}

function askHttp1(
  protocol: 'http' | 'https',
  port: number,
  path: string,
  { method = 'GET', headers = {}, body }: Asked
): Promise<ProtocolAnswer> {
  const options = { host: '127.0.0.1', port, path, method, headers: { host: `directory.test:${port}`, ...headers }, agent: false }
  return new Promise((resolve, reject) => {
    const outgoing = protocol === 'http' ? httpRequest(options) : httpsRequest({ ...options, rejectUnauthorized: false })
    outgoing.on('error', reject).on('response', (incoming) => {
      let text = ''
      incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      incoming.on('end', () => {
        const { statusCode: status = 0, headers: received } = incoming
        resolve({ status, headers: received, setCookies: received['set-cookie'] ?? [], text })
      })
    })
    outgoing.end(body)
  })
}

async function askHttp2(
  protocol: 'h2c' | 'h2',
  port: number,
  path: string,
  { method = 'GET', headers = {}, body }: Asked
): Promise<ProtocolAnswer> {
  const client = connect(`${protocol === 'h2' ? 'https' : 'http'}://127.0.0.1:${port}`, { rejectUnauthorized: false })
  try {
    return await new Promise<ProtocolAnswer>((resolve, reject) => {
      client.on('error', reject)
      const stream = client.request({ ':path': path, ':method': method, ':authority': `directory.test:${port}`, ...headers })
      let received: Http2Headers = {}
      let text = ''
      stream.on('error', reject).on('response', (given) => (received = given))
      stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      stream.on('end', () =>
        resolve({ status: Number(received[':status']), headers: received, setCookies: received['set-cookie'] ?? [], text })
      )
      stream.end(body)
    })
  } finally {
    client.close()
  }
}
