import type { DirectoryRouterOptions } from '../../lib/index.js'
import { serve } from './serve.js'
import { type Answer, Visitor } from './visitor.js'
import { mountBehindProxy } from './ways-to-log-in.js'

/** A directory behind proxies, and clients at any address. Every guess is a secret that nobody sent before. */
export async function serveToTheWorld(options: Partial<DirectoryRouterOptions> = {}) {
  const served = await serve(options, mountBehindProxy)
  let guesses = 0
  const logIn = (userName: string, password: string, address: string): Promise<Answer> =>
    new Visitor(served.url).logsInByBody([userName, password], { 'x-forwarded-for': address })
  const guess = (userName = 'jsmith', address = '192.0.2.1'): Promise<Answer> => logIn(userName, `guess ${++guesses}`, address)
  return {
    ...served,
    guess,
    logIn,
    /** One after the other, each allowed to be tried: the waits in between are passed. */
    failFrom: async (addresses: readonly string[], userName = 'jsmith'): Promise<void> => {
      for (const address of addresses) {
        for (let answer = await guess(userName, address); answer.status !== 401; answer = await guess(userName, address)) {
          served.clock.passSeconds(Number(answer.headers['retry-after']))
        }
      }
    }
  }
}

/** So many, no two alike. */
export function addresses(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `198.51.${Math.floor(index / 250)}.${(index % 250) + 1}`)
}
