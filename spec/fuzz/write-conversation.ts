import { digest4D } from '../../lib/index.js'
import type { Conversation, CookiePiece, Damage, FuzzedRequest } from './conversations.js'
import { type FuzzedApp, people } from './fuzzed-apps.js'

/** The request that a conversation which keeps to HTTP ends with, so that the server closes the connection when it has answered all. */
const farewell = 'GET /rest/$directory/currentUser HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n'

/** The bytes of a conversation, with the cookies and credentials that its person has now. */
export function writeConversation({ requests, person }: Conversation, app: FuzzedApp): Buffer {
  return Buffer.from(requests.map((request) => writeRequest(request, person, app)).join('') + farewell, 'latin1')
}

function writeRequest(request: FuzzedRequest, person: number, app: FuzzedApp): string {
  const { method, target, isChunked } = request
  const { body, headers } = withCredentials(request, person)
  const cookies = request.cookies.map((piece) => writeCookie(piece, app.valueOf(person), app.cookieName))
  const lines = [
    `${method} ${target} HTTP/1.1`,
    'Host: 127.0.0.1',
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(request.inOneHeader ? [cookies.join('; ')] : cookies).filter((cookie) => cookie !== '').map((cookie) => `Cookie: ${cookie}`),
    ...(request.contentType === null ? [] : [`Content-Type: ${request.contentType}`])
  ]
  if (body === '') return `${lines.join('\r\n')}\r\n\r\n`
  if (!isChunked) return `${lines.join('\r\n')}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  const middle = Math.ceil(body.length / 2)
  const chunks = [body.slice(0, middle), body.slice(middle)].filter((chunk) => chunk !== '')
  return `${lines.join('\r\n')}\r\nTransfer-Encoding: chunked\r\n\r\n${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')}0\r\n\r\n`
}

function withCredentials({ credentials, headers, body }: FuzzedRequest, person: number): Pick<FuzzedRequest, 'headers' | 'body'> {
  const { userName = '', password = '' } = people[person] ?? {}
  const name = ['username-4D', userName] as const
  switch (credentials) {
    case 'right':
      return { headers: [name, ['password-4D', password], ...headers], body }
    case 'no-session':
      return { headers: [name, ['password-4D', password], ['NoSession-4D', 'true'], ...headers], body }
    case 'digest':
      return { headers: [name, ['hashed-password-4D', digest4D(password)], ...headers], body }
    case 'wrong':
      return { headers: [name, ['password-4D', `${password}!`], ...headers], body }
    case 'array':
      return { headers, body: JSON.stringify([userName, password, 600]) }
    case 'none':
      return { headers, body }
  }
}

function writeCookie(piece: CookiePiece, own: string, name: string): string {
  if (piece.kind === 'junk') return piece.text
  if (piece.kind === 'made-up') return `${name}=${piece.id}`
  const { mutation, at, text } = piece
  switch (mutation) {
    case 'none':
      return `${name}=${own}`
    case 'lower':
      return `${name}=${own.toLowerCase()}`
    case 'dashes':
      return `${name}=${own.replace(/^(\w{8})(\w{4})(\w{4})(\w{4})(\w{12})$/, '$1-$2-$3-$4-$5')}`
    case 'braces':
      return `${name}={${own}}`
    case 'digit':
      return `${name}=${own.slice(0, at)}${own[at] === '7' ? '8' : '7'}${own.slice(at + 1)}`
    case 'cut':
      return `${name}=${own.slice(0, at)}`
    case 'append':
      return `${name}=${own}${text}`
    case 'insert':
      return `${name}=${own.slice(0, at)}${text}${own.slice(at)}`
    case 'quoted':
      return `${name}="${own}"`
    case 'percent':
      return `${name}=${own.replace(/./g, (character) => `%${character.charCodeAt(0).toString(16)}`)}`
    case 'other-name':
      return `${name}x=${own}; x${name}=${own}; ${name.toLowerCase()}=${own}`
  }
}

/** The bytes after all that is done to them, one after the other. */
export function damageBytes(bytes: Buffer, damages: readonly Damage[]): Buffer {
  let text = bytes.toString('latin1')
  for (const { kind, at, length, bytes: other } of damages) {
    const from = Math.floor(at * text.length)
    const before = text.slice(0, from)
    const after = text.slice(from)
    if (kind === 'insert') text = before + other + after
    else if (kind === 'replace') text = before + other + after.slice(other.length)
    else if (kind === 'delete') text = before + after.slice(length)
    else text = before + after.slice(0, length) + after
  }
  return Buffer.from(text, 'latin1')
}
