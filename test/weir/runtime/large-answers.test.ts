import { IncomingMessage, ServerResponse } from "node:http"
import { Socket } from "node:net"
import { afterEach, expect, test, vi } from "vitest"
import { Deadline, DeadlineExpired } from "../../../src/weir/db/deadline.ts"
import { LargeAnswers } from "../../../src/weir/runtime/large-answers.ts"

afterEach(() => void vi.useRealTimers())

const megabytes = (n: number) => n * 1024 * 1024

/** Answers that ask for room, by address. `begun` names those that have it. */
function room() {
  const answers = new LargeAnswers()
  const begun: string[] = []
  const refused: string[] = []
  const ask = (name: string, bytes: number, address = "a") => {
    const socket = new Socket()
    const outgoing = new ServerResponse(new IncomingMessage(socket))
    const deadline = new Deadline()
    void Promise.resolve(answers.admit(outgoing, bytes, address, deadline)).then(
      () => begun.push(name),
      (error) => {
        expect(error).toBeInstanceOf(DeadlineExpired)
        refused.push(name)
      },
    )
    return { socket, end: () => void outgoing.emit("close"), expire: () => deadline.expire() }
  }
  /** What has begun and was refused since the last look. */
  const look = async () => {
    await new Promise(setImmediate)
    return { begun: begun.splice(0), refused: refused.splice(0) }
  }
  return { ask, look, inTheWay: () => answers.inTheWay() }
}

test("an address has half of the room, and waits for its own answers to be sent", async () => {
  const { ask, look } = room()
  const first = ask("1", megabytes(50))
  ask("2", megabytes(30))
  ask("3", megabytes(1))
  expect(await look()).toEqual({ begun: ["1", "2"], refused: [] })
  first.end()
  expect(await look()).toEqual({ begun: ["3"], refused: [] })
})

test("who waits for room of its own address is in nobody else's way", async () => {
  const { ask, look } = room()
  ask("a1", megabytes(80))
  ask("a2", megabytes(16))
  ask("b1", megabytes(16), "b")
  expect(await look()).toEqual({ begun: ["a1", "b1"], refused: [] })
})

test("whose time is up is refused, and those behind it go on", async () => {
  const { ask, look } = room()
  ask("1", megabytes(70))
  const large = ask("2", megabytes(20))
  ask("3", megabytes(10))
  expect(await look()).toEqual({ begun: ["1"], refused: [] })
  large.expire()
  expect(await look()).toEqual({ begun: ["3"], refused: ["2"] })
})

test("so is whose client has gone; an answer that is larger than all may be alone", async () => {
  const { ask, look } = room()
  const small = ask("1", megabytes(2))
  const gone = ask("2", megabytes(80))
  const alone = ask("3", megabytes(500))
  gone.end()
  expect(await look()).toEqual({ begun: ["1"], refused: ["2"] })
  small.end()
  expect(await look()).toEqual({ begun: ["3"], refused: [] })
  ask("4", megabytes(1), "b")
  expect(await look()).toEqual({ begun: [], refused: [] })
  alone.end()
  expect(await look()).toEqual({ begun: ["4"], refused: [] })
})

test("those are in the way that hold the room of an address, or of all, for which others have waited for 3 s", () => {
  vi.useFakeTimers({ toFake: ["performance"] })
  const { ask, inTheWay } = room()
  const [a, a2] = [ask("a1", megabytes(78)), ask("a2", megabytes(1))]
  const b = ask("b1", megabytes(40), "b")
  const waiting = ask("a3", megabytes(10))
  vi.advanceTimersByTime(2_900)
  expect(inTheWay()).toEqual(new Set())
  vi.advanceTimersByTime(200)
  expect(inTheWay()).toEqual(new Set([a.socket, a2.socket]))
  const c = ask("c1", megabytes(40), "c")
  ask("d1", megabytes(40), "d")
  vi.advanceTimersByTime(3_100)
  expect(inTheWay()).toEqual(new Set([a, a2, b, c].map(({ socket }) => socket)))
  waiting.expire()
  a.end()
  expect(inTheWay()).toEqual(new Set())
})
