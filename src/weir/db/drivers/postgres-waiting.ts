import { type Deadline, DeadlineExpired } from "../deadline.ts"

/** No connection became free in the time that the URL allows for it. */
class PoolTimeout extends Error {
  readonly code = "POOL_TIMEOUT"
  constructor() {
    super("no connection became free within pool_timeout")
  }
}

interface Waiter<T> {
  resolve(value: T): void
  reject(error: unknown): void
}

/** Callers that wait for something, the longest-waiting first. */
export class WaitingLine<T> {
  private readonly waiters: Waiter<T>[] = []

  get length(): number {
    return this.waiters.length
  }

  /** Resolves when it is the caller's turn. Rejects with `DeadlineExpired` at the deadline, or after `limitMs`. */
  wait(deadline: Deadline | undefined, limitMs?: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const giveUp = (error: Error) => {
        this.waiters.splice(this.waiters.indexOf(waiter), 1)
        waiter.reject(error)
      }
      const release = deadline?.onExpire(() => giveUp(new DeadlineExpired()))
      const timer = limitMs === undefined ? undefined : setTimeout(() => giveUp(new PoolTimeout()), limitMs)
      const waiter: Waiter<T> = {
        resolve: (value) => {
          release?.()
          clearTimeout(timer)
          resolve(value)
        },
        reject: (error) => {
          release?.()
          clearTimeout(timer)
          reject(error)
        },
      }
      this.waiters.push(waiter)
    })
  }

  /** Gives `value` to the caller that has waited longest. False where nobody waits. */
  next(value: T): boolean {
    const waiter = this.waiters.shift()
    waiter?.resolve(value)
    return waiter !== undefined
  }

  rejectAll(error: unknown): void {
    for (const waiter of this.waiters.splice(0)) waiter.reject(error)
  }
}
