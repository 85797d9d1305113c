import cluster from 'node:cluster'

/** Whether this process is one of several that serve the same app, each with a memory of its own: a worker of a cluster, or under PM2, in either of its modes. */
export function isOneOfSeveral(env: NodeJS.ProcessEnv = process.env): boolean {
  const { pm_id: idUnderPM2, instances, NODE_APP_INSTANCE: number = '0' } = env
  // PM2 starts a single process in a cluster, too, and says how many it was told to start. `pm2 scale` numbers those that it adds.
  if (idUnderPM2 !== undefined) return instances !== '1' || number !== '0'
  return cluster.isWorker
}
