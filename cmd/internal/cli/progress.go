package cli

import (
	"fmt"
	"sort"
	"strings"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"holdtrue/eval/replay"
	"holdtrue/eval/wire"
)

// progress draws a bar on a terminal and nothing elsewhere.
type progress struct {
	bars   *mpb.Progress
	bar    *mpb.Bar
	failed int
}

func (a *app) newProgress(targets []replay.Target) *progress {
	p := &progress{}
	if !a.interactive() {
		return p
	}
	total := 0
	var names []string
	for _, t := range targets {
		total += t.Run.Planned()
		names = append(names, t.Run.Agent)
	}
	p.bars = mpb.New(mpb.WithOutput(a.err), mpb.WithWidth(40))
	p.bar = p.bars.AddBar(int64(total),
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name(strings.Join(names, ", ")+" "), decor.CountersNoUnit("%d / %d")),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return p.failures() }), decor.AverageETA(decor.ET_STYLE_GO)))
	return p
}

func (p *progress) failures() string {
	if p.failed == 0 {
		return ""
	}
	return fmt.Sprintf("%d failed ", p.failed)
}

// update takes in how far the replay is; it is called by one goroutine.
func (p *progress) update(now replay.Progress) {
	if p.bar == nil {
		return
	}
	p.failed = now.Failed
	p.bar.SetCurrent(int64(now.Done))
}

func (p *progress) finish() {
	if p.bars == nil {
		return
	}
	p.bar.Abort(true)
	p.bars.Wait()
}

// noteFailures says how many calls failed, and of what.
func (a *app) noteFailures(r replay.Report) {
	if r.Failed == 0 {
		return
	}
	classes := make([]string, 0, len(r.Errors))
	for class, n := range r.Errors {
		classes = append(classes, fmt.Sprintf("%s: %d", class, n))
	}
	sort.Strings(classes)
	a.note("%d of %d calls failed (%s)", r.Failed, r.Asked, strings.Join(classes, ", "))
}

// suggest words the nearest of the known names.
func suggest(name string, known []string) string { return wire.Suggest(name, known) }
