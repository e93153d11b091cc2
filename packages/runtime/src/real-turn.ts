// One turn of the real event loop: every promise that can settle without timers or I/O has, once it is over.

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
