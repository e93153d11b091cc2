// Every row of the contract.
import type { Row } from './row.ts'
import { applyRows } from './rows/apply.ts'
import { createRows } from './rows/create.ts'
import { deleteRows } from './rows/delete.ts'
import { fieldValidationRows } from './rows/field-validation.ts'
import { outputRows } from './rows/output.ts'
import { patchRows } from './rows/patch.ts'
import { readRows } from './rows/read.ts'
import { subresourceRows } from './rows/subresources.ts'
import { updateRows } from './rows/update.ts'
import { watchRows } from './rows/watch.ts'

export const allRows: readonly Row[] = [
  ...readRows,
  ...createRows,
  ...updateRows,
  ...patchRows,
  ...applyRows,
  ...deleteRows,
  ...subresourceRows,
  ...fieldValidationRows,
  ...watchRows,
  ...outputRows,
]
