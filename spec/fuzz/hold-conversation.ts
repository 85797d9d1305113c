import { connect } from 'node:net'
import { setImmediate, setTimeout as wait } from 'node:timers/promises'

import type { Conversation } from './conversations.js'

/** Longer than anything takes on a busy machine: what is not answered then never is. */
const hangsAfterMilliseconds = 20_000

/**
 * Sends bytes as the conversation says, and resolves to all that comes back once the connection is closed. Where bytes do not keep to HTTP, a
 * server may rightly wait for more: then it is told after a moment that none will come (`waitsForServer` is false).
 *
 * @throws when the server does not close the connection.
 */
export function holdConversation(
  port: number,
  bytes: Buffer,
  { portions, pause, ending }: Pick<Conversation, 'portions' | 'pause' | 'ending'>,
  waitsForServer: boolean
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const received: Buffer[] = []
    const socket = connect(port, '127.0.0.1')
    const watchdog = setTimeout(() => {
      reject(new Error(`no end after ${hangsAfterMilliseconds} milliseconds, and ${Buffer.concat(received).length} bytes of an answer`))
      socket.destroy()
    }, hangsAfterMilliseconds)
    socket.setNoDelay(true)
    socket.on('data', (data) => received.push(data))
    // A server that has answered 400 and closed is right; what is still written to it fails.
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearTimeout(watchdog)
      resolve(Buffer.concat(received))
    })
    void speak().catch(reject)

    async function speak(): Promise<void> {
      let from = 0
      for (const portion of ending === 'hangs-up' && portions.length === 0 ? [bytes.length >> 1] : portions) {
        if (from >= bytes.length || socket.destroyed) break
        socket.write(bytes.subarray(from, from + portion))
        from += portion
        if (pause === 'turn') await setImmediate()
        else if (pause === 'millisecond') await wait(1)
      }
      if (ending === 'hangs-up') {
        await setImmediate()
        socket.destroy()
        return
      }
      if (from < bytes.length && !socket.destroyed) socket.write(bytes.subarray(from))
      if (ending === 'half-closes') socket.end()
      else if (!waitsForServer) {
        await wait(2)
        if (!socket.destroyed) socket.end()
      }
    }
  })
}
