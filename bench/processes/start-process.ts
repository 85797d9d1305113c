import { spawn } from 'node:child_process'
import { extname, join } from 'node:path'

import { Child, type Verbs } from './calls.js'

/** Starts a program of this directory, on the given core alone where there is one. */
export function startProcess<V extends Verbs>(program: 'app-process' | 'load-process', core: number | null): Child<V> {
  // From source in specs, as plain JavaScript in a bench: there, what is measured is what is published.
  const extension = extname(__filename)
  const loader = extension === '.ts' ? ['--import', 'tsx'] : []
  const node = [process.execPath, '--expose-gc', '--max-old-space-size=8192', ...loader, join(__dirname, program + extension)]
  const [command = process.execPath, ...args] = core === null ? node : ['taskset', '-c', String(core), ...node]
  return new Child<V>(spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }))
}
