/** What would be written under NODE_DEBUG=express-4d-directory. */
export const debugLines: string[] = []

/**
 * `node:util` as under NODE_DEBUG=express-4d-directory, which Node reads before any spec could set it. A spec that wants the lines begins with
 * `vi.mock('node:util', async (original) => (await import('../support/debug-lines.js')).withDebugLines(await original()))`.
 */
export function withDebugLines(util: typeof import('node:util')): typeof import('node:util') {
  const log = (format: string, ...values: unknown[]) => void debugLines.push(util.format(format, ...values))
  return { ...util, debuglog: () => Object.assign(log, { enabled: true }) }
}
