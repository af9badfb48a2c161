package replay

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"holdtrue/eval"
)

// Outputs are hostile; what they can put into the run's lineage is bounded.
const (
	lineageKeys   = 64  // more keys than this are not gathered
	lineageValues = 4   // more values of a key than this are not listed
	lineageBytes  = 200 // a longer key is passed over, a longer value stands as its hash
)

// lineage gathers, from the outputs of a run, which values each lineage key
// took. The model that answered goes under "model".
type lineage map[string]map[string]bool

func (l lineage) add(o *eval.Output) {
	if o.Model != "" {
		l.note("model", o.Model)
	}
	for k, v := range o.Lineage {
		l.note(k, v)
	}
}

func (l lineage) note(k, v string) {
	if len(k) > lineageBytes {
		return
	}
	if len(v) > lineageBytes {
		v = "sha256:" + eval.ContentHash(v)
	}
	values := l[k]
	if values == nil {
		if len(l) == lineageKeys {
			return
		}
		values = map[string]bool{}
		l[k] = values
	}
	if len(values) <= lineageValues {
		values[v] = true
	}
}

// of is the lineage of a run: what was known when it began and, under keys that
// this leaves free, what its outputs say. Several values are listed in order;
// very many are only said to be so. What was answered before the run was resumed
// is not seen here.
func (l lineage) of(run *eval.Run) map[string]string {
	all := make(map[string]string, len(run.Lineage)+len(l))
	for k, values := range l {
		if len(values) > lineageValues {
			all[k] = fmt.Sprintf("more than %d values", lineageValues)
			continue
		}
		all[k] = strings.Join(slices.Sorted(maps.Keys(values)), ", ")
	}
	maps.Copy(all, run.Lineage)
	return all
}
