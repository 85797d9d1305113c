#!/usr/bin/env node
import { runCommand } from './run-command.js'

// `... | head` closes our output early, which is no error of anybody's.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

runCommand(process.argv.slice(2), process).then(
  (exitCode) => {
    process.exitCode = exitCode
  },
  (error: unknown) => {
    process.stderr.write(`express-4d-directory: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
)
