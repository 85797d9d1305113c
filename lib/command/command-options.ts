import { InvalidArgumentError, Option } from 'commander'

import { highestCost, lowestCost } from '../passwords/password-formats.js'

/** The options of `serve`, in the order of its help. */
export function serveOptions(): readonly Option[] {
  return [
    directoryOption(),
    new Option('--port <n>', 'a free one for 0; or the path of a socket or pipe').env('PORT').default(8044).argParser(readPort),
    new Option('--host <name>', 'the default is this machine alone; what is served is plain HTTP')
      .env('HOST')
      .default('127.0.0.1')
      .argParser(readText),
    new Option('--licences <n>', 'how many sessions there may be at once, guests included; without it as many as come').argParser(
      wholeNumber(1, 1_000_000)
    ),
    new Option('--sessions-per-user <n>', 'how many of one user; the oldest login gives way').argParser(wholeNumber(1, 1_000_000)),
    new Option('--no-guests', 'open no session before a login'),
    new Option('--force-login', 'as 4D does since 20 R6: guests take no licence, and $catalog/authentify logs in'),
    new Option(
      '--cors <origin...>',
      'let pages of this origin, such as http://localhost:5173, ask with their cookie; of several where repeated'
    ),
    new Option('--cookie-name <name>', 'what the session cookie is called; 4D and the default: WASID4D'),
    new Option('--cookie-alias <name>', 'a second cookie with the same id, such as 4DSID_MyApp of 4D 20 R9 to 21'),
    new Option(
      '--redis <url>',
      'keep the sessions in Redis 7 (redis://...), so that they outlive a restart; needs the package redis. A URL with a password belongs into the environment: others see command lines'
    ).env('REDIS_URL'),
    new Option('--watch', 'read the directory again whenever it is saved'),
    new Option('--json', 'log one JSON object a line'),
    new Option('--allow-empty-passwords', 'let users without a password log in with the empty one'),
    restGroupOption('let in users outside')
  ]
}

/** The options of `export`, in the order of its help. */
export function exportOptions(): readonly Option[] {
  return [
    directoryOption(),
    new Option('--format <format>', 'json: what StaticProvider takes; sql: four tables and their rows')
      .choices(['json', 'sql'])
      .default('json'),
    costOption(),
    restGroupOption("don't disable users outside")
  ]
}

export function costOption(): Option {
  return new Option('--cost <n>', `the work of a hash: ${lowestCost} to ${highestCost}, each the double of the one before`)
    .default(10)
    .argParser(wholeNumber(lowestCost, highestCost))
}

export function schemaOption(): Option {
  return new Option('--schema <name>', 'the schema to keep sessions in').default('directory')
}

function directoryOption(): Option {
  return new Option('--directory <path>', "the project's Settings/directory.json; it is only read").argParser(readText)
}

function restGroupOption(effect: string): Option {
  return new Option('--no-rest-group', `${effect} the group that 4D lets use REST (settings.localMobileAccessGroupRW)`)
}

function readText(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must not be empty.')
  return text
}

/** Hosts such as iisnode hand an app the name of a pipe where others hand it a number. */
function readPort(text: string): number | string {
  return /[/\\]/.test(text) ? text : wholeNumber(0, 65_535, ', or the path of a socket or pipe')(text)
}

function wholeNumber(lowest: number, highest: number, otherwise = ''): (text: string) => number {
  return function readWholeNumber(text) {
    const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : NaN
    if (value >= lowest && value <= highest) return value
    throw new InvalidArgumentError(`It must be a whole number from ${lowest} to ${highest}${otherwise}.`)
  }
}
