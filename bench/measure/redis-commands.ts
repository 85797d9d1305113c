import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

/** How many commands clients send to a Redis server while something goes on: what scripts do inside of it is no round trip. */
export async function countRedisCommands(url: string, during: () => Promise<unknown>): Promise<number> {
  const { port, hostname } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  let seen = ''
  socket.setEncoding('latin1')
  socket.on('data', (text: string) => (seen += text))
  socket.write('MONITOR\r\n')
  await once(socket, 'data')
  await during()
  // What was answered before is on its way.
  await wait(100)
  socket.destroy()
  return Array.from(seen.matchAll(/^\+\d+\.\d+ \[\d+ (?!lua\b)/gm)).length
}
