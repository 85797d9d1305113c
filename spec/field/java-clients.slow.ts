import { execFile, spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'

import { describe, expect, it } from 'vitest'

import { isServerThere } from '../support/required-server.js'
import { serve } from '../support/serve.js'

// pillarjs/cookies#64, http-builder-ng/http-builder-ng#7, square/okhttp#2887: java.net.CookieManager quotes the value of a cookie that has Max-Age and no Expires.

const runs = isServerThere('java', spawnSync('javac', ['-version'], { stdio: 'ignore' }).status === 0, 'default-jdk-headless')

describe.skipIf(!runs)(runs ? 'The clients of the JDK' : 'The clients of the JDK (skipped: apt-get install default-jdk-headless)', () => {
  it('log in, stay logged in and log out', async () => {
    const { url, directory } = await serve()

    const { stdout } = await promisify(execFile)('java', [resolve('spec/support/JavaClient.java'), url])

    const story = [
      { result: true },
      { result: expect.objectContaining({ userName: 'jsmith' }) as object },
      { result: true },
      { result: null }
    ]
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown)
    ).toEqual([...story, ...story])
    expect((await directory.sessions.count()).signedIn).toBe(0)
  })
})
