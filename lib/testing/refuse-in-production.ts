/** @throws Error where the program runs as people use it: what logs in without a password has no place there. */
export function refuseInProduction(name: string): void {
  if (process.env['NODE_ENV'] !== 'production') return
  throw new Error(`${name} is for tests: it logs in without a password, and refuses to under NODE_ENV=production`)
}
