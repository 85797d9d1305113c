import { describe, expect, it } from 'vitest'

import { isOneOfSeveral } from '../lib/one-of-several.js'

// What PM2 6 tells its processes.
describe('a process', () => {
  it.each([
    ['started by hand', {}, false],
    ['started by hand, with a number for its own settings', { NODE_APP_INSTANCE: '1' }, false],
    ['alone under PM2', { pm_id: '0', instances: '1', exec_mode: 'fork_mode', NODE_APP_INSTANCE: '0' }, false],
    ['alone under PM2 in its cluster mode', { pm_id: '3', instances: '1', exec_mode: 'cluster_mode', NODE_APP_INSTANCE: '0' }, false],
    ['one of two under PM2', { pm_id: '0', instances: '2', exec_mode: 'cluster_mode', NODE_APP_INSTANCE: '0' }, true],
    ['one for each core under PM2', { pm_id: '0', instances: 'max', NODE_APP_INSTANCE: '0' }, true],
    ['added by pm2 scale', { pm_id: '4', instances: '1', NODE_APP_INSTANCE: '1' }, true],
    ['under a PM2 that does not say how many there are', { pm_id: '0' }, true]
  ])('%s is one of several: %j', (_what, env, expected) => {
    expect(isOneOfSeveral(env)).toBe(expected)
  })
})
