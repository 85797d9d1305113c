import { connect } from 'node:net'
import { text } from 'node:stream/consumers'

/** What a server on this loopback port answers to one command, as it stands on the wire. */
export async function askRedis(port: number, command: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(`${command}\r\nQUIT\r\n`)
  return (await text(socket)).replace(/\+OK\r\n$/, '')
}
