package cli

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"holdtrue/eval/replay"
	"holdtrue/eval/wire"
)

// sayEvery is how often the progress is told where there is no terminal.
const sayEvery = time.Minute

// progress draws a bar on a terminal, and says a line a minute elsewhere.
type progress struct {
	app  *app
	bars *mpb.Progress // nil where there is no terminal
	bar  *mpb.Bar

	mu    sync.Mutex // the bar is drawn by another goroutine
	began time.Time
	said  time.Time
	first *replay.Progress // before anything was asked
	last  replay.Progress
}

func (a *app) newProgress(targets []replay.Target) *progress {
	p := &progress{app: a, began: a.now(), said: a.now()}
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
		mpb.PrependDecorators(decor.Name(printable(strings.Join(names, ", "))+" "), decor.CountersNoUnit("%d / %d")),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return p.words(" ") })))
	return p
}

// words are what there is to say beside the answers there are.
func (p *progress) words(between string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var words []string
	if p.last.Failed > 0 {
		words = append(words, fmt.Sprintf("%d failed", p.last.Failed))
	}
	if p.last.Cost.Priced > 0 {
		words = append(words, dollars(p.last.Cost.USD))
	}
	if left := p.left(); left > 0 {
		words = append(words, "about "+brief(left)+" left")
	}
	return strings.Join(words, between)
}

// left is the time that is left if the calls go on as they did in this replay;
// 0 if that cannot be said.
func (p *progress) left() time.Duration {
	if p.first == nil || p.last.Done == p.first.Done {
		return 0
	}
	each := p.app.now().Sub(p.began) / time.Duration(p.last.Done-p.first.Done)
	left := each * time.Duration(p.last.Planned-p.last.Done)
	if left > 2*time.Minute {
		return left.Round(time.Minute)
	}
	return left.Round(time.Second)
}

// brief words a duration without the units that are 0 at its end.
func brief(d time.Duration) string {
	s := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, zero) {
			s = s[:len(s)-2]
		}
	}
	return s
}

// update takes in how far the replay is; it is called by one goroutine.
func (p *progress) update(now replay.Progress) {
	p.mu.Lock()
	if p.first == nil {
		p.first = &now
	}
	p.last = now
	p.mu.Unlock()
	if p.bar != nil {
		p.bar.SetCurrent(int64(now.Done))
		return
	}
	if at := p.app.now(); at.Sub(p.said) >= sayEvery {
		p.said = at
		line := fmt.Sprintf("%d of %d answers", now.Done, now.Planned)
		if more := p.words(", "); more != "" {
			line += ", " + more
		}
		p.app.note("%s", line)
	}
}

// say prints a line, above the bar if there is one.
func (p *progress) say(text string) {
	if p.bars == nil {
		p.app.note("%s", text)
		return
	}
	fmt.Fprintf(p.bars, "holdtrue: %s\n", printable(text))
}

func (p *progress) finish() {
	if p.bars == nil {
		return
	}
	p.bar.Abort(true)
	p.bars.Wait()
}

// suggest words the nearest of the known names.
func suggest(name string, known []string) string { return wire.Suggest(name, known) }
