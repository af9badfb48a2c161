package replay

import "holdtrue/eval/store"

// Entry is one answer on its way to the store.
type Entry = store.Entry
