// The seed of property tests: the same in every run of the gate, so that it judges the change and not luck; another in
// every soak, which prints it with what fails. FLOTILLA_SEED sets it.
import fc from 'fast-check'

const { FLOTILLA_SEED, FLOTILLA_SOAK } = process.env
const seed = FLOTILLA_SEED ?? (FLOTILLA_SOAK === '1' ? undefined : '20261121')
if (seed !== undefined) fc.configureGlobal({ seed: Number(seed) })
