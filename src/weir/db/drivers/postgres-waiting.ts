import { type Deadline, DeadlineExpired } from "../deadline.ts"

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

  /** Resolves when it is the caller's turn. Rejects with `DeadlineExpired` at the deadline. */
  wait(deadline: Deadline | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const release = deadline?.onExpire(() => {
        this.waiters.splice(this.waiters.indexOf(waiter), 1)
        reject(new DeadlineExpired())
      })
      const waiter: Waiter<T> = {
        resolve: (value) => {
          release?.()
          resolve(value)
        },
        reject: (error) => {
          release?.()
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
