import type { Sessions } from '../sessions/administration.js'

/** So many at a time, so that a store on the network is neither asked one by one nor all at once. */
const endedTogether = 50

/** Ends every session but one; resolves to how many. */
export async function endOthers(sessions: Sessions, ownHandle: string): Promise<number> {
  const handles: string[] = []
  for await (const { handle } of sessions.list()) if (handle !== ownHandle) handles.push(handle)
  let ended = 0
  for (let from = 0; from < handles.length; from += endedTogether) {
    const outcomes = await Promise.all(handles.slice(from, from + endedTogether).map((handle) => sessions.end(handle)))
    ended += outcomes.filter(Boolean).length
  }
  return ended
}
