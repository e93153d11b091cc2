// Seeds that once violated an invariant: they stay in the gate.
export const foundSeeds: readonly number[] = [2010, 2064]
