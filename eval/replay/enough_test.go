package replay

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"holdtrue/eval"
)

// TestEnoughStopsTheRun says enough at the fifth case: the cases that have begun
// are answered in full, no other is, and the run is finished.
func TestEnoughStopsTheRun(t *testing.T) {
	for _, begun := range []int{0, 20} {
		synctest.Test(t, func(t *testing.T) {
			db := newMemory()
			ag := echoes()
			answer := ag.do
			var under, most atomic.Int64
			ag.do = func(ctx context.Context, n int, c *eval.Case, repeat int) (eval.Output, error) {
				most.Store(max(most.Load(), under.Add(1)))
				defer under.Add(-1)
				time.Sleep(time.Duration(1+n%3) * time.Second)
				return answer(ctx, n, c, repeat)
			}
			seen := map[string]int{}
			report, err := Run(t.Context(), Plan{Cases: cases(400, nil), Store: db, Concurrency: 4, Begun: begun,
				Targets: []Target{target(t, ag, "one", 400, 3)},
				Enough: func(r *eval.Result) bool {
					seen[r.Output.CaseID]++
					return seen["c4"] == 3
				}})
			if err != nil {
				t.Fatal(err)
			}
			if db.finished["one"] == nil || report.Stored != report.Asked {
				t.Errorf("not finished: %+v", report)
			}
			asked := len(seen)
			if least := max(5, begun); asked < least || asked > least+4 || begun > 0 && asked != begun {
				t.Errorf("%d cases asked, of which %d had begun before; enough was said at the fifth", asked, begun)
			}
			for i := range asked {
				if n := seen[fmt.Sprintf("c%d", i)]; n != 3 {
					t.Errorf("case %d of the %d asked has %d answers, want 3", i, asked, n)
				}
			}
		})
	}
}
