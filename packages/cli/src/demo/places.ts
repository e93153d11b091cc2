// Names and regions of the demo's members.

export interface Place {
  readonly name: string
  readonly region: string
}

const places: readonly Place[] = [
  { name: 'eu-west', region: 'eu-west-1' },
  { name: 'us-east', region: 'us-east-1' },
  { name: 'ap-south', region: 'ap-south-1' },
  { name: 'eu-north', region: 'eu-north-1' },
  { name: 'us-west', region: 'us-west-2' },
  { name: 'ap-east', region: 'ap-east-1' },
  { name: 'sa-east', region: 'sa-east-1' },
  { name: 'af-south', region: 'af-south-1' },
]

/** The first `count`; past those with names of their own they are numbered. */
export function placesFor(count: number): readonly Place[] {
  return Array.from({ length: count }, (_, index) => {
    const { name, region } = places[index % places.length] as Place
    const round = Math.trunc(index / places.length)
    return { name: round === 0 ? name : `${name}-${round + 1}`, region }
  })
}
