// Every row of the contract: kube-apiserver, kube-server on each of its stores and simulated members answer all alike.
// What kube-server answers otherwise by design has tests of its own: rules in CEL are stored, told of and not enforced
// (`src/custom-resources/unenforced.test.ts`), bodies with prototype keys are refused (`src/http/protection.test.ts`).
import type { Row } from './row.ts'
import { applyRows } from './rows/apply.ts'
import { createRows } from './rows/create.ts'
import { createOnlyRows } from './rows/create-only.ts'
import { deleteRows } from './rows/delete.ts'
import { fieldValidationRows } from './rows/field-validation.ts'
import { outputRows } from './rows/output.ts'
import { patchRows } from './rows/patch.ts'
import { readRows } from './rows/read.ts'
import { subresourceRows } from './rows/subresources.ts'
import { updateRows } from './rows/update.ts'
import { watchRows } from './rows/watch.ts'
import { accessRows } from './rows/access.ts'
import { customResourceRows } from './rows/custom-resources.ts'
import { defaultRows } from './rows/defaults.ts'
import { discoveryRows } from './rows/discovery.ts'
import { errorRows } from './rows/errors.ts'
import { namespaceRows } from './rows/namespaces.ts'
import { ownerRows } from './rows/owners.ts'
import { validationRows } from './rows/validation.ts'

export const allRows: readonly Row[] = [
  ...readRows,
  ...createRows,
  ...updateRows,
  ...patchRows,
  ...applyRows,
  ...createOnlyRows,
  ...deleteRows,
  ...subresourceRows,
  ...fieldValidationRows,
  ...watchRows,
  ...outputRows,
  ...accessRows,
  ...customResourceRows,
  ...defaultRows,
  ...discoveryRows,
  ...errorRows,
  ...namespaceRows,
  ...ownerRows,
  ...validationRows,
]
