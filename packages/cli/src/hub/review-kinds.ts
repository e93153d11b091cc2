// Reviews of the embedded hub: `kubectl create -f` of one prints its answer. Each is answered under the rights of who
// asks.
import { openApiOfReview } from '@flotilla/api/review'
import { reviews } from '@flotilla/api/reviews'
import type { Review } from '@flotilla/kube-server/access/reviews'
import { reviewResource } from '@flotilla/kube-server/custom-resources/served'
import type { KubeServer } from '@flotilla/kube-server/server'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { Env } from '@flotilla/runtime/env'

/** So many at once: each holds what it has read of the hub, and takes turns with everything else. */
const mostAtOnce = 4
const retryAfterSeconds = 2

/** Has the kinds served; how they are answered, by `GROUP/PLURAL`. */
export function serveReviews(env: Env, server: KubeServer): ReadonlyMap<string, Review> {
  server.catalog.serve(reviews.map((review) => reviewResource(review.resource, openApiOfReview(review, 'question'))))
  let underWay = 0
  const reviewBy =
    (kind: string, plural: string): Review =>
    async ({ user }, review, { signal }) => {
      if (underWay >= mostAtOnce) throw tooMany(kind)
      underWay += 1
      try {
        // Loaded once somebody asks.
        const { answers } = await import('@flotilla/control-plane/what-if/answer-review')
        const answer = answers.get(plural)
        if (answer === undefined) throw new FlotillaError('Internal', `Cannot answer a ${kind}: nothing does`)
        return { ...review, status: await answer({ env, api: server.apiAs(user), review, signal }) }
      } finally {
        underWay -= 1
      }
    }
  return new Map(reviews.map(({ resource: { group, plural, kind } }) => [`${group}/${plural}`, reviewBy(kind, plural)]))
}

function tooMany(kind: string): FlotillaError {
  const why = `${mostAtOnce} reviews are under way, and no more are answered at once`
  return new FlotillaError('TooManyRequests', `Cannot answer the ${kind} now: ${why}`, { retryAfterSeconds })
}
