import { once } from "node:events"
import { connect, type Socket } from "node:net"

/** A request as it is sent. */
export interface Sent {
  method: "GET" | "POST" | "PATCH"
  path: string
  body?: unknown
  headers?: Record<string, string>
}

/** An answer: its head, and its body. */
export interface Received {
  head: string
  body: string
}

const endOfHead = "\r\n\r\n"

/** One connection that is kept alive, with one request at a time: a client of its own spends little beside the server. */
export class Connection {
  private socket: Socket
  private readonly origin: URL
  private readonly headers: string
  private receive: ((received: Received) => void) | undefined
  private fail: ((error: Error) => void) | undefined
  private chunks: Buffer[] = []
  private missing: number | undefined

  private constructor(origin: URL, headers: string) {
    this.origin = origin
    this.headers = headers
    this.socket = this.connected()
  }

  static async open(origin: string, token?: string): Promise<Connection> {
    const url = new URL(origin)
    const connection = new Connection(
      url,
      `Host: ${url.host}\r\n${token ? `Authorization: Bearer ${token}\r\nContent-Type: application/json\r\n` : ""}`,
    )
    await once(connection.socket, "connect")
    return connection
  }

  private connected(): Socket {
    const socket = connect(Number(this.origin.port), this.origin.hostname)
    socket.setNoDelay(true)
    socket.on("data", (chunk) => this.take(chunk))
    socket.on("error", (error) => this.fail?.(error))
    socket.on("close", () => this.fail?.(new Error("The server closed the connection")))
    return socket
  }

  /** Sends a request and waits for the end of its answer. Throws where that is not 2xx. */
  send({ method, path, body, headers = {} }: Sent): Promise<Received> {
    const text = body === undefined ? "" : JSON.stringify(body)
    const length = text ? `Content-Length: ${Buffer.byteLength(text)}\r\n` : ""
    const own = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    // The server ends a connection that is idle while the other side takes its turn.
    if (this.socket.destroyed || this.socket.readableEnded) this.socket = this.connected()
    // What came meanwhile answers no request: of a connection that nothing was sent on, a server says why it ends it.
    this.chunks = []
    this.missing = undefined
    return new Promise((resolve, reject) => {
      this.fail = reject
      this.receive = (received) => {
        if (/^HTTP\/1.1 2/.test(received.head)) resolve(received)
        else reject(new Error(`${method} ${path}: ${received.head.split("\r\n")[0]}\n${received.body}`))
      }
      this.socket.write(`${method} ${path} HTTP/1.1\r\n${this.headers}${own.join("")}${length}\r\n${text}`)
    })
  }

  close(): void {
    this.fail = undefined
    this.socket.destroy()
  }

  private take(chunk: Buffer): void {
    this.chunks.push(chunk)
    if (this.missing === undefined) {
      const whole = Buffer.concat(this.chunks)
      const end = whole.indexOf(endOfHead)
      if (end < 0) return
      const length = /content-length: (\d+)/i.exec(whole.toString("latin1", 0, end))?.[1]
      if (length === undefined) {
        this.fail?.(new Error("An answer has no Content-Length"))
        return
      }
      this.missing = end + endOfHead.length + Number(length) - whole.length
    } else this.missing -= chunk.length
    if (this.missing > 0) return
    const whole = Buffer.concat(this.chunks)
    const end = whole.indexOf(endOfHead)
    this.chunks = []
    this.missing = undefined
    this.receive?.({
      head: whole.toString("latin1", 0, end),
      body: whole.toString("utf8", end + endOfHead.length),
    })
  }
}
