// A TCP proxy on 127.0.0.1 in front of an API server, whose network it breaks on order. TLS goes through as it is.
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net'

/** What becomes of connections, those that are open included. */
export type Network =
  | { readonly kind: 'well' }
  /** Both ends stay connected and hear nothing of each other, as behind a route that leads nowhere. */
  | { readonly kind: 'cut' }
  /** What the server says arrives so much later. */
  | { readonly kind: 'slow'; readonly byMs: number }
  /** Every connection is reset, at once. */
  | { readonly kind: 'reset' }

export interface FaultProxy extends AsyncDisposable {
  /** `https://127.0.0.1:PORT`. */
  readonly url: string
  set(network: Network): void
}

/** `target`: an URL with a port on 127.0.0.1. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const targetPort = Number(new URL(target).port)
  const pairs = new Set<Pair>()
  let network: Network = { kind: 'well' }
  const server = createServer((client) => {
    const pair = new Pair(client, connect(targetPort, '127.0.0.1'), () => pairs.delete(pair))
    pairs.add(pair)
    pair.suffer(network)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    set(next) {
      network = next
      for (const pair of pairs) pair.suffer(next)
    },
    [Symbol.asyncDispose]: () => close(server, pairs),
  }
}

function close(server: Server, pairs: ReadonlySet<Pair>): Promise<void> {
  for (const pair of pairs) pair.end()
  return new Promise((done) => server.close(() => done()))
}

/** A client's connection and ours to the server for it. */
class Pair {
  readonly #client: Socket
  readonly #server: Socket
  readonly #up = new Line()
  readonly #down = new Line()

  constructor(client: Socket, server: Socket, onEnd: () => void) {
    this.#client = client
    this.#server = server
    client.on('data', (data) => this.#up.carry(() => server.write(data)))
    server.on('data', (data) => this.#down.carry(() => client.write(data)))
    client.on('end', () => this.#up.carry(() => server.end()))
    server.on('end', () => this.#down.carry(() => client.end()))
    for (const socket of [client, server]) {
      socket.setNoDelay(true)
      socket.on('error', () => this.end())
    }
    client.once('close', onEnd)
  }

  suffer(network: Network): void {
    if (network.kind === 'reset') return this.end()
    this.#up.set({ isCut: network.kind === 'cut', delayMs: 0 })
    this.#down.set({ isCut: network.kind === 'cut', delayMs: network.kind === 'slow' ? network.byMs : 0 })
  }

  end(): void {
    this.#up.end()
    this.#down.end()
    this.#client.resetAndDestroy()
    this.#server.destroy()
  }
}

interface LineState {
  /** What is said meanwhile arrives when it is over: lost packets are sent again. */
  readonly isCut: boolean
  readonly delayMs: number
}

/** One direction of a connection: in order, late or not at all. */
class Line {
  #state: LineState = { isCut: false, delayMs: 0 }
  readonly #waiting: { readonly due: number; readonly send: () => void }[] = []
  #timer: NodeJS.Timeout | undefined

  set(state: LineState): void {
    this.#state = state
    this.#run()
  }

  carry(send: () => void): void {
    this.#waiting.push({ due: performance.now() + this.#state.delayMs, send })
    this.#run()
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#waiting.length = 0
  }

  #run(): void {
    clearTimeout(this.#timer)
    if (this.#state.isCut) return
    const now = performance.now()
    for (;;) {
      const [next] = this.#waiting
      if (next === undefined) return
      if (next.due > now) {
        this.#timer = setTimeout(() => this.#run(), next.due - now)
        return
      }
      this.#waiting.shift()
      next.send()
    }
  }
}
