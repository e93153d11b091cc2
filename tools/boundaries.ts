// The table of who may import whom, and the check of one file's imports against it. Pure: see check-boundaries.ts.

export interface Room {
  /** Rooms whose code this one may import. */
  readonly imports: readonly string[]
  /** Pure rooms touch no platform: no `node:*` and no package that does I/O. */
  readonly pure?: boolean
  /** npm packages that this room may import. */
  readonly packages?: readonly string[]
}

/** `architecture.md`, "Rooms". */
export const rooms: Readonly<Record<string, Room>> = {
  machinery: { imports: [], pure: true, packages: ['@bufbuild/cel', 're2js'] },
  api: { imports: ['machinery'], pure: true, packages: ['typebox'] },
  scheduler: { imports: ['api', 'machinery'], pure: true },
  runtime: { imports: ['machinery'], packages: ['pino', 'prom-client'] },
  'kube-client': { imports: ['machinery', 'runtime'], packages: ['undici', 'yaml'] },
  'kube-server': { imports: ['machinery', 'runtime'], packages: ['@peculiar/x509', 'reflect-metadata', 'yaml'] },
  simulator: { imports: ['kube-server', 'machinery', 'runtime'] },
  'control-plane': { imports: ['api', 'machinery', 'runtime', 'scheduler'] },
  cli: {
    imports: ['api', 'control-plane', 'kube-client', 'kube-server', 'machinery', 'runtime', 'scheduler', 'simulator'],
    packages: ['commander', 'yaml'],
  },
}

/** Folders of `control-plane/src` that every controller may import: what they talk through. */
const sharedByControllers = ['members', 'interpreter']

/** Folders of it that are no controllers: they foretell, or do for people, what concerns several of them. */
const beyondControllers = ['takeover', 'what-if']

/** Files that may read the real clock; everything else takes `Env`. The lint configuration lists the same places. */
const realClock = [
  /^packages\/runtime\/src\/real-[^/]+\.ts$/,
  /^packages\/(kube-client|cli)\//,
  /^packages\/kube-server\/src\/(http|store)\//,
]

export interface Violation {
  readonly file: string
  readonly specifier: string
  readonly reason: string
}

const importPattern = /(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])([^'"\n]+)\1/g

/** The specifiers of a source text's static and dynamic imports and re-exports. */
export function importsOf(source: string): readonly string[] {
  return [...source.matchAll(importPattern)].map((match) => match[2] ?? '')
}

/**
 * What the imports of `file` (a path from the repository's root, with `/`) break. Test files may import any room;
 * files outside `packages/` are not checked.
 */
export function checkFile(file: string, source: string): readonly Violation[] {
  const [top, name = '', ...inside] = file.split('/')
  const room = rooms[name]
  if (top !== 'packages' || isTest(file)) return []
  if (!room) return [{ file, specifier: '', reason: `packages/${name} is not in the table of rooms` }]
  const imports = importsOf(source).flatMap((specifier) => {
    const reason = reasonAgainst(name, room, inside, specifier)
    return reason ? [{ file, specifier, reason }] : []
  })
  return [...imports, ...checkClock(file, source)]
}

/** Lint cannot tell `new Date()` from `new Date(ms)`: the first reads the clock. */
function checkClock(file: string, source: string): readonly Violation[] {
  if (!/\bnew Date\(\s*\)/.test(source) || realClock.some((allowed) => allowed.test(file))) return []
  return [{ file, specifier: 'new Date()', reason: 'reads the clock: use env.clock.now()' }]
}

function isTest(file: string): boolean {
  return file.endsWith('.test.ts') || file.includes('/contract/') || file.includes('/test/')
}

function reasonAgainst(name: string, room: Room, inside: readonly string[], specifier: string): string | undefined {
  if (specifier.startsWith('.')) return reasonAgainstRelative(name, inside, specifier)
  if (specifier.startsWith('node:')) return room.pure ? `${name} is pure: no node modules` : undefined
  const sibling = /^@flotilla\/([^/]+)/.exec(specifier)?.[1]
  if (sibling !== undefined) {
    return sibling === name || room.imports.includes(sibling) ? undefined : `${name} may not import ${sibling}`
  }
  const wanted = packageOf(specifier)
  return room.packages?.includes(wanted) ? undefined : `${name} may not use the package ${wanted}`
}

/** A relative import stays in its room, and one controller never imports another. */
function reasonAgainstRelative(name: string, inside: readonly string[], specifier: string): string | undefined {
  const target = resolveInside(inside, specifier)
  if (target === undefined) return `leaves ${name}: import @flotilla/ROOM/FILE instead`
  if (name !== 'control-plane' || inside.length < 3 || target.length < 3) return undefined
  const [from = '', to = ''] = [inside[1], target[1]]
  if (from === to || sharedByControllers.includes(to) || beyondControllers.includes(from)) return undefined
  return `controller ${from} may not import controller ${to}: they talk through objects`
}

/** Path segments below the room's folder that `specifier` names, or undefined when it climbs out of it. */
function resolveInside(inside: readonly string[], specifier: string): readonly string[] | undefined {
  const path = inside.slice(0, -1)
  for (const segment of specifier.split('/')) {
    if (segment === '.') continue
    if (segment !== '..') path.push(segment)
    else if (path.pop() === undefined) return undefined
  }
  return path
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier)
}
