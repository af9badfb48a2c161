package reports

import (
	"bytes"
	"fmt"
	"math"
	"strings"

	"github.com/guptarohit/asciigraph"

	"holdtrue/eval"
	"holdtrue/eval/drift"
)

const (
	chartHeight  = 7
	maxCharts    = 3
	chartMargin  = 16 // columns for the axis
	sparkColumns = 20
)

// sparks are the levels of a sparkline, low to high.
const sparks = "▁▂▃▄▅▆▇█"

// columns spreads the points of the last runs over the columns of a chart, a run
// of the history having the same place in every chart: the mean of several
// points where there are fewer columns than runs, NaN where a run has no point.
// One line for every segment.
func columns(t *drift.Trend, s *drift.Series, last, width int) [][]float64 {
	runs := len(t.Runs)
	if last > 0 {
		runs = min(runs, last)
	}
	n := min(width, runs*min(4, max(1, width/max(1, runs))))
	points := shownPoints(t, s, last)
	first := len(s.Points) - len(points)
	var lines [][]float64
	for _, g := range s.Segments {
		line, seen := make([]float64, n), make([]int, n)
		drawn := false
		for k := max(g.From, first); k < g.To; k++ {
			p := &s.Points[k]
			at := p.Run - (len(t.Runs) - runs)
			for c := at * n / runs; c < max(at*n/runs+1, (at+1)*n/runs); c++ {
				line[c] += p.Mean
				seen[c]++
				drawn = true
			}
		}
		for c := range line {
			line[c] /= float64(seen[c]) // NaN where no point is
		}
		if drawn {
			lines = append(lines, line)
		}
	}
	return lines
}

// chart draws a series, with the numbers of the runs below.
func chart(b *bytes.Buffer, t *drift.Trend, s *drift.Series, opt TrendOptions) {
	width := min(max(opt.Width-chartMargin, 20), 100)
	lines := columns(t, s, opt.Last, width)
	if len(lines) == 0 {
		return
	}
	runs := len(t.Runs)
	first := 1
	if opt.Last > 0 {
		first = max(1, runs-opt.Last+1)
	}
	options := []asciigraph.Option{asciigraph.Height(chartHeight), asciigraph.YAxisValueFormatter(func(v float64) string { return level(s.Metric, v) })}
	if runs > first {
		options = append(options, asciigraph.XAxisRange(float64(first), float64(runs)), asciigraph.XAxisTickCount(min(5, runs-first+1)),
			asciigraph.XAxisValueFormatter(func(v float64) string { return fmt.Sprintf("%.0f", v) }))
	}
	low, high := bounds(lines)
	least := 0.01 // a point of 100 fills the height, a smaller change less
	if s.Metric.Scale == eval.Measure {
		least *= high
	}
	options = append(options, asciigraph.LowerBound(min(low, (low+high-least)/2)), asciigraph.UpperBound(max(high, (low+high+least)/2)))
	for line := range strings.Lines(asciigraph.PlotMany(lines, options...)) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
}

func bounds(lines [][]float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, line := range lines {
		for _, v := range line {
			if v == v {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	return low, high
}

// sparkline draws a series in one short line; "|" stands where it begins anew.
func sparkline(t *drift.Trend, s *drift.Series, last int) string {
	lines := columns(t, s, last, sparkColumns)
	if len(lines) == 0 {
		return ""
	}
	levels := []rune(sparks)
	low, high := bounds(lines)
	var b strings.Builder
	for i, line := range lines {
		if i > 0 {
			b.WriteByte('|')
		}
		for _, v := range line {
			switch {
			case v != v:
			case high == low:
				b.WriteRune(levels[len(levels)/2])
			default:
				b.WriteRune(levels[int(math.Round((v-low)/(high-low)*float64(len(levels)-1)))])
			}
		}
	}
	return b.String()
}

// charted are the series that get a chart: of the metrics that were asked for,
// else the most interesting ones, one of a metric.
func charted(t *drift.Trend) []*drift.Series {
	var chosen []*drift.Series
	seen := map[string]bool{}
	for _, s := range trendOrder(t) {
		switch {
		case len(s.Points) < 2 || seen[s.Metric.Name]:
			continue
		case len(t.Options.Metrics) > 0:
		case len(chosen) == maxCharts, len(chosen) > 0 && s.Verdict != drift.Regressed && s.Verdict != drift.Changed:
			continue
		}
		seen[s.Metric.Name] = true
		chosen = append(chosen, s)
	}
	return chosen
}
