/** The outcome of work that the host does for us, or `late` where there is none in time. What comes later is not heard. */
export async function withinDeadline(work: () => unknown, milliseconds: number, late: () => Error): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(late()), milliseconds)
    timer.unref()
  })
  try {
    return await Promise.race([work(), deadline])
  } finally {
    clearTimeout(timer)
  }
}
