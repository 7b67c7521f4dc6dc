import { type Deadline, DeadlineExpired } from "../db/deadline.ts"
import { Pace } from "../lib/pace.ts"

/** Work of a call in the process, in small parts, between which others get their turn. It ends with the call's time. */
export class CallTurns extends Pace {
  private readonly deadline: Deadline

  constructor({ deadline }: { deadline: Deadline }) {
    super()
    this.deadline = deadline
  }

  /** Resolves in the next turn of the event loop. Throws where the call's time is up by then. */
  override async rest(): Promise<void> {
    await super.rest()
    if (this.deadline.expired) throw new DeadlineExpired()
  }
}
