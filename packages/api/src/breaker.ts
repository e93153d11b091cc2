// What the breaker on mass removals goes by: the name of its object on the hub.

/**
 * ConfigMap in `flotilla-system`. Keys: `letGo`, what it let go within an hour; `approvals`, who let go what was held, the
 * latest last. One line of JSON each.
 */
export const removalsName = 'flotilla-removals'
