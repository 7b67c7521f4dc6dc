import { describe, expect, test } from "vitest"
import { FairQueue, type Waiter } from "../../../src/weir/lib/fair-queue.ts"

const waiter = (address: string): Waiter & { gone: boolean } => ({ address, gone: false })

/** A queue whose jobs end when they are told to. */
function queueOf({ concurrency = 1, capacity = 8, capacityPerAddress = 8 } = {}) {
  const begun: string[] = []
  const ending: (() => void)[] = []
  const queue = new FairQueue({
    concurrency,
    capacity,
    capacityPerAddress,
    full: () => new Error("full"),
    abandoned: () => new Error("abandoned"),
  })
  const add = (name: string, who: Waiter): Promise<string> =>
    queue
      .run(() => {
        begun.push(name)
        return new Promise<void>((resolve) => ending.push(resolve))
      }, who)
      .then(
        () => "done",
        (error: Error) => error.message,
      )
  /** Ends the running jobs, until none is left. */
  const drain = async () => {
    for (let end = ending.shift(); end; end = ending.shift()) {
      end()
      await new Promise((resolve) => setTimeout(resolve))
    }
    return begun.join(" ")
  }
  return { add, begun, drain }
}

describe("a fair queue", () => {
  test("runs so many jobs at a time, and all of them", async () => {
    const { add, begun, drain } = queueOf({ concurrency: 2 })
    const results = ["a", "b", "c"].map((name) => add(name, waiter("x")))
    expect(begun).toEqual(["a", "b"])
    expect(await drain()).toBe("a b c")
    expect(await Promise.all(results)).toEqual(["done", "done", "done"])
  })

  test("takes turns between addresses", async () => {
    const { add, drain } = queueOf()
    for (const name of ["x1", "x2", "x3", "x4"]) void add(name, waiter("x"))
    void add("y1", waiter("y"))
    void add("z1", waiter("z"))
    void add("y2", waiter("y"))
    expect(await drain()).toBe("x1 x2 y1 z1 x3 y2 x4")
  })

  test("prefers requests with few jobs within an address, and leaves none behind", async () => {
    const { add, drain } = queueOf({ capacityPerAddress: 16, capacity: 16 })
    const many = waiter("x")
    for (const name of ["m1", "m2", "m3", "m4"]) void add(name, many)
    for (const name of ["s1", "s2", "s3", "s4"]) void add(name, waiter("x"))
    expect(await drain()).toBe("m1 s1 s2 m2 s3 s4 m3 m4")
  })

  test("does not begin jobs whose waiter has gone", async () => {
    const { add, drain } = queueOf()
    const leaving = waiter("x")
    void add("first", waiter("x"))
    const left = [add("left1", leaving), add("left2", leaving)]
    void add("last", waiter("x"))
    leaving.gone = true
    expect(await drain()).toBe("first last")
    expect(await Promise.all(left)).toEqual(["abandoned", "abandoned"])
  })

  test("refuses an address beyond its share, and admits another", async () => {
    const { add, drain } = queueOf({ capacityPerAddress: 2 })
    const results = ["x1", "x2", "x3", "x4"].map((name) => add(name, waiter("x")))
    const other = add("y1", waiter("y"))
    await drain()
    expect(await Promise.all(results)).toEqual(["done", "done", "done", "full"])
    expect(await other).toBe("done")
  })

  test("gives the places of those who have gone to others", async () => {
    const { add, drain } = queueOf({ capacityPerAddress: 2 })
    const leaving = [waiter("x"), waiter("x")] as const
    void add("running", waiter("x"))
    const left = leaving.map((who) => add("left", who))
    for (const who of leaving) who.gone = true
    const late = add("late", waiter("x"))
    expect(await drain()).toBe("running late")
    expect(await late).toBe("done")
    expect(await Promise.all(left)).toEqual(["abandoned", "abandoned"])
  })

  test("refuses a request as a whole, and leaves half of a share to requests with one job", async () => {
    const { add, drain } = queueOf({ capacityPerAddress: 4 })
    void add("running", waiter("z"))
    const many = waiter("x")
    const refused = ["m1", "m2", "m3", "m4"].map((name) => add(name, many))
    const single = add("s1", waiter("x"))
    expect(await drain()).toBe("running s1")
    expect(await Promise.all(refused)).toEqual(["full", "full", "full", "full"])
    expect(await single).toBe("done")
  })

  test("takes a place from the address with the most jobs when it is full", async () => {
    const { add, drain } = queueOf({ capacity: 3 })
    const results = ["x0", "x1", "x2", "x3"].map((name) => add(name, waiter("x")))
    const others = [add("y1", waiter("y")), add("z1", waiter("z"))]
    const tooMany = add("w1", waiter("w"))
    expect(await drain()).toBe("x0 x1 y1 z1")
    expect(await Promise.all(results)).toEqual(["done", "done", "full", "full"])
    expect(await Promise.all(others)).toEqual(["done", "done"])
    expect(await tooMany).toBe("full")
  })

  test("goes on after a job that fails", async () => {
    const queue = new FairQueue({
      concurrency: 1,
      capacity: 2,
      capacityPerAddress: 2,
      full: () => new Error("full"),
      abandoned: () => new Error("abandoned"),
    })
    const failed = queue.run(() => Promise.reject(new Error("broken")), waiter("x"))
    const next = queue.run(() => Promise.resolve(1), waiter("x"))
    await expect(failed).rejects.toThrow("broken")
    expect(await next).toBe(1)
  })
})
