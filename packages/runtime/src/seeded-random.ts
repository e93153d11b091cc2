// Chance that repeats: the same seed gives the same numbers. For simulations only, never for secrets.

/** Uniform in [0, 1): sfc32 (Chris Doty-Humphrey's small fast counter), 2^32 steps. */
export function seededRandom(seed: number): () => number {
  let [a, b, c, counter] = [0x9e3779b9, seed | 0, Math.floor(seed / 2 ** 32) | 0, 1]
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return (sum >>> 0) / 2 ** 32
  }
  // The first numbers still show the seed.
  for (let i = 0; i < 15; i++) next()
  return next
}

/** A version 4 UUID drawn from `random`. */
export function randomUuidFrom(random: () => number): string {
  const digits = Array.from({ length: 4 }, () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('')
  const variant = '89ab'[Math.floor(random() * 4)]
  const parts = [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `${variant}${digits.slice(17, 20)}`,
  ]
  return [...parts, digits.slice(20)].join('-')
}
