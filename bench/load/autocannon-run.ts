import autocannon from 'autocannon'

export interface AutocannonPlan {
  readonly port: number
  readonly path: string
  readonly cookie: string | null
  readonly connections: number
  readonly seconds: number
}

/** A second opinion, by a client that is not ours: requests a second when as many are sent as are answered. */
export async function runAutocannon({ port, path, cookie, connections, seconds }: AutocannonPlan): Promise<number> {
  const result = await autocannon({
    url: `http://127.0.0.1:${port}${path}`,
    connections,
    duration: seconds,
    headers: cookie === null ? {} : { cookie }
  })
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`autocannon saw ${result.non2xx} refusals and ${result.errors} errors`)
  return result['2xx'] / result.duration
}
