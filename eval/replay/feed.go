package replay

import (
	"context"
	"fmt"

	"holdtrue/eval"
)

// feed plans the calls, case by case: every repeat, and for each repeat every
// target. Which target comes first moves on with every case and repeat.
func (r *runner) feed(ctx context.Context, jobs chan<- job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("reading cases panicked: %v", p)
		}
	}()
	repeats := 0
	for _, t := range r.targets {
		repeats = max(repeats, t.Run.Repeats)
	}
	n := 0
	for c, err := range r.plan.Cases {
		if err != nil {
			return err
		}
		if r.gate.shut(n) {
			return nil
		}
		hash := c.Hash()
		var shared *eval.Shared
		if repeats*len(r.targets) > 1 {
			shared = new(eval.Shared)
		}
		for repeat := range repeats {
			for k := range r.targets {
				i := (n + repeat + k) % len(r.targets)
				t := r.targets[i]
				if repeat >= t.Run.Repeats || t.answered(c.ID, hash, repeat) {
					continue
				}
				select {
				case jobs <- job{target: i, repeat: repeat, number: n, c: &c, hash: hash, shared: shared}:
				case <-ctx.Done():
					return errStopped
				}
			}
		}
		n++
	}
	return nil
}
