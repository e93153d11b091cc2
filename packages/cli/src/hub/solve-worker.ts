// A thread of its own that solves one problem of a rebalance and ends. See solve-in-worker.ts.
import { parentPort, workerData } from 'node:worker_threads'
import { rebalance } from '@flotilla/scheduler/rebalance/solve'
import type { Solving } from './solve-in-worker.ts'

const { problem, options } = workerData as Solving
const { replicas } = rebalance(problem, options)
parentPort?.postMessage(replicas)
