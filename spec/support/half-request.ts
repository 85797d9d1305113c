import { once } from 'node:events'
import { request } from 'node:http'

/** Sends the head of a request and half of its body; the rest never comes. Resolves to the answer to it. */
export function sendHalf(
  url: string,
  { cookie = '', type = 'application/json' } = {}
): Promise<{ status: number | undefined; ended: Promise<unknown> }> {
  return new Promise((resolve, reject) => {
    const headers = { cookie, 'content-type': type, 'content-length': 100, 'sec-fetch-site': 'same-origin' }
    const half = request(url, { method: 'POST', headers, agent: false }, (answer) => {
      resolve({ status: answer.statusCode, ended: once(answer.resume(), 'close') })
    })
    half.on('error', reject)
    half.write('["half"')
  })
}
