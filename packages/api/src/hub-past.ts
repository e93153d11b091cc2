// What a hub keeps in its store of its own past: members keep a mark of it, so that a store which was restored from a
// backup, or copied, is told from the one that went on.

/** ConfigMap in `flotilla-system`. Keys: `generation`, `runs`, `restored`. */
export const pastName = 'flotilla-past'

export interface HubPast {
  /** Grows when the hub is taken over; 0: never was. */
  readonly generation: number
  /** By identity of a run of the controllers: how many steps it went, oldest run first. */
  readonly runs: ReadonlyMap<string, number>
  /** It was seen that members know a newer state; in force as long as `generation` has not grown. */
  readonly restored: RestoredHub | undefined
}

export interface RestoredHub {
  /** Of the hub when it was seen. */
  readonly generation: number
  /** RFC 3339. */
  readonly since: string
  /** The member that told. */
  readonly cluster: string
}

/** Members that were away for as many starts of the hub are taken over by hand. */
const mostRuns = 1_000

/** `data` of the ConfigMap. What cannot be read counts as not known: it then takes a person to go on. */
export function readHubPast(data: Readonly<Record<string, string>> | undefined): HubPast {
  const generation = Number(data?.['generation'] ?? 0)
  const runs = (parse(data?.['runs']) ?? []) as readonly (readonly [string, number])[]
  const restored = parse(data?.['restored']) as RestoredHub | undefined
  return {
    generation: Number.isSafeInteger(generation) ? generation : 0,
    runs: new Map(Array.isArray(runs) ? runs : []),
    restored: restored !== undefined && restored.generation >= generation ? restored : undefined,
  }
}

export function writeHubPast({ generation, runs, restored }: HubPast): Readonly<Record<string, string>> {
  return {
    generation: String(generation),
    runs: JSON.stringify([...runs].slice(-mostRuns)),
    ...(restored === undefined ? {} : { restored: JSON.stringify(restored) }),
  }
}

/** Whether a mark `RUN.STEP.SIGNATURE` was left by this past. */
export function isOfPast({ runs }: Pick<HubPast, 'runs'>, mark: string): boolean {
  const [run = '', step = ''] = mark.split('.')
  return (runs.get(run) ?? -1) >= Number(step)
}

function parse(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
