// A set of field paths: which fields of an object somebody owns.

export interface FieldSet {
  readonly todo?: never
}
