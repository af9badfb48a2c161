package lineage_test

import (
	"os"
	"strconv"
	"testing"
)

// TestKnownCauses makes golden sets with known causes and holds the first-named
// cause to them: what is named is right, most is named, and where there is no cause
// none is. The size is per kind; HOLDTRUE_SUITES raises it.
func TestKnownCauses(t *testing.T) {
	size := 12
	if n, err := strconv.Atoi(os.Getenv("HOLDTRUE_SUITES")); err == nil {
		size = n
	}
	var all tally
	for kind, n := range judge(t, size, 1) {
		t.Logf("%-14s %d worlds, %d regressed, %d named, %d right first, %d both of two", kind, n.worlds, n.regressed, n.named, n.right, n.all)
		if kind == noCause {
			if n.named > max(2, size/20) {
				t.Errorf("a cause was named in %d of %d worlds without one", n.named, n.worlds)
			}
			continue
		}
		all.worlds += n.worlds
		all.regressed += n.regressed
		all.named += n.named
		all.right += n.right
	}
	t.Logf("precision %.3f, recall %.3f (of those that regressed %.3f)", float64(all.right)/float64(all.named), float64(all.right)/float64(all.worlds), float64(all.right)/float64(all.regressed))
	if float64(all.right) < 0.9*float64(all.named) {
		t.Errorf("%d of %d first-named causes are right", all.right, all.named)
	}
	if float64(all.right) < 0.8*float64(all.regressed) {
		t.Errorf("%d of %d causes were named first", all.right, all.regressed)
	}
}
