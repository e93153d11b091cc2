// All reviews: what the embedded hub answers to `kubectl create -f`, and the command line itself.
import { explanationReview } from './explanation.ts'
import { planReview } from './plan.ts'
import type { ReviewDefinition } from './review.ts'
import { whyNotReview } from './why-not.ts'

export const reviews: readonly ReviewDefinition[] = [explanationReview, whyNotReview, planReview]
