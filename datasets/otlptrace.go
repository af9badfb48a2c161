package datasets

import (
	"cmp"
	"slices"

	"holdtrue/eval"
)

// trace is what has been read of one trace.
type trace struct {
	id    traceID
	spans []*span
	// events that came as log records, by the span they belong to.
	events map[spanID][]event
	size   int // spans and log records read
	bytes  int
}

// take takes in a span or a log record.
func (t *trace) take(it otlpItem, number int, about attributes, idNames []string) error {
	t.size++
	t.bytes += it.size
	if it.log != nil {
		e, of, err := newEvent(it.log)
		if err != nil || e.name == "" {
			return err
		}
		if t.events == nil {
			t.events = map[spanID][]event{}
		}
		t.events[of] = append(t.events[of], e)
		return nil
	}
	s, err := newSpan(it, about, idNames)
	if err != nil {
		return err
	}
	s.number = number
	t.spans = append(t.spans, s)
	return nil
}

// group is the spans of a trace that make one output.
type group struct {
	trace  *trace
	caseID string
	spans  []*span // by start
	tree   *tree
}

// tree knows the spans of a trace by id and who is below whom. What stands twice,
// as after a repeated export, is taken once; a circle has no root.
type tree struct {
	byID  map[spanID]*span
	depth map[*span]int
}

// maxDepth bounds the way from a span to its root: parents may form a circle.
const maxDepth = 10_000

func newTree(t *trace) *tree {
	tr := &tree{byID: make(map[spanID]*span, len(t.spans)), depth: make(map[*span]int, len(t.spans))}
	t.spans = slices.DeleteFunc(t.spans, func(s *span) bool {
		if _, twice := tr.byID[s.id]; twice && s.id != (spanID{}) {
			return true
		}
		tr.byID[s.id] = s
		return false
	})
	for _, s := range t.spans {
		s.events = append(s.events, t.events[s.id]...)
		slices.SortStableFunc(s.events, func(a, b event) int { return cmp.Compare(a.time, b.time) })
	}
	for _, s := range t.spans {
		tr.measure(s)
	}
	return tr
}

// measure finds how deep a span stands, and its case if one above it has one.
func (tr *tree) measure(s *span) {
	var way []*span
	at := s
	for at != nil && len(way) < maxDepth {
		if _, known := tr.depth[at]; known {
			break
		}
		way = append(way, at)
		at = tr.above(at)
	}
	depth, caseID := -1, ""
	if at != nil {
		depth, caseID = tr.depth[at], at.caseID
	}
	for _, s := range slices.Backward(way) {
		if depth++; s.caseID == "" {
			s.caseID = caseID
		}
		caseID = s.caseID
		tr.depth[s] = depth
	}
}

// above is the parent of a span, nil if it has none here.
func (tr *tree) above(s *span) *span {
	if s.parent == (spanID{}) || s.parent == s.id {
		return nil
	}
	return tr.byID[s.parent]
}

// groups divides a trace by the cases that its spans name: all of it is one
// answer if they name one, or none, whose id is then that of the trace. Spans
// under no case are left out where several are named.
func (t *trace) groups(idNames []string) []group {
	tr := newTree(t)
	var ids []string
	for _, s := range t.spans {
		if s.caseID != "" && !slices.Contains(ids, s.caseID) {
			if ids = append(ids, s.caseID); len(ids) > 1 {
				break
			}
		}
	}
	if len(ids) <= 1 {
		id := t.id.String()
		if len(t.spans) > 0 {
			if named := t.spans[0].resource.text(idNames...); named != "" {
				id = named
			}
		}
		if len(ids) == 1 {
			id = ids[0]
		}
		return []group{t.group(tr, id, t.spans)}
	}
	byCase := map[string][]*span{}
	ids = nil
	for _, s := range t.spans {
		if s.caseID == "" {
			continue
		}
		if byCase[s.caseID] == nil {
			ids = append(ids, s.caseID)
		}
		byCase[s.caseID] = append(byCase[s.caseID], s)
	}
	groups := make([]group, len(ids))
	for i, id := range ids {
		groups[i] = t.group(tr, id, byCase[id])
	}
	return groups
}

func (t *trace) group(tr *tree, id string, spans []*span) group {
	spans = slices.Clone(spans)
	slices.SortStableFunc(spans, func(a, b *span) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(tr.depth[a], tr.depth[b]), cmp.Compare(a.number, b.number))
	})
	return group{trace: t, caseID: id, spans: spans, tree: tr}
}

// root is the topmost span of the group: of several the agent's, else the first.
func (g *group) root() *span {
	return g.topmost(func(*span) bool { return true })
}

// agent is the topmost agent span of the group that has messages, nil if none has.
func (g *group) agent() *span {
	return g.topmost(func(s *span) bool { return s.kind == agentSpan && (s.output() != nil || s.input() != nil) })
}

func (g *group) topmost(wanted func(*span) bool) *span {
	var best *span
	rank := func(s *span) int {
		if s.kind == agentSpan {
			return 0
		}
		return 1
	}
	for _, s := range g.spans {
		if !wanted(s) {
			continue
		}
		if best == nil || cmp.Or(cmp.Compare(g.tree.depth[s], g.tree.depth[best]), cmp.Compare(rank(s), rank(best))) < 0 {
			best = s
		}
	}
	return best
}

// inferences lists the model calls in their order, without those that only wrap
// another one, as frameworks and clients that are both traced do.
func (g *group) inferences() []*span {
	wraps := map[*span]bool{}
	for _, s := range g.spans {
		if s.kind != inferenceSpan {
			continue
		}
		below := s
		for at := g.tree.above(s); at != nil && !wraps[at] && g.tree.depth[at] < g.tree.depth[below]; at = g.tree.above(at) {
			wraps[at] = true
			below = at
		}
	}
	var list []*span
	for _, s := range g.spans {
		if s.kind == inferenceSpan && !wraps[s] {
			list = append(list, s)
		}
	}
	return list
}

// milliseconds a span took, nil if it does not say.
func (s *span) milliseconds() *float64 {
	if s.start == 0 || s.end < s.start {
		return nil
	}
	ms := float64(s.end-s.start) / 1e6
	return &ms
}

// wrong is what a span that failed says of it.
func (s *span) wrong() string {
	kind := s.attrs.text("error.type")
	text := s.status
	for _, e := range s.events {
		if e.name != "exception" {
			continue
		}
		if text == "" {
			text = e.attrs.text("exception.message")
		}
		if kind == "" {
			kind = e.attrs.text("exception.type")
		}
	}
	switch {
	case kind == "" && text == "":
		return "the span " + cutTo(s.name, 100) + " ended with an error"
	case text == "":
		return kind
	case kind == "":
		return text
	}
	return kind + ": " + text
}

// labels are the results of other evaluators that came with the trace.
func (g *group) labels() map[string]float64 {
	var labels map[string]float64
	take := func(e *event) {
		if e.name != "gen_ai.evaluation.result" {
			return
		}
		name, v := e.attrs.text("gen_ai.evaluation.name"), e.attrs.number("gen_ai.evaluation.score.value")
		if name == "" || v == nil || *v < 0 || *v > 1 {
			return
		}
		if labels == nil {
			labels = map[string]float64{}
		}
		labels[name] = *v
	}
	for _, s := range g.spans {
		for i := range s.events {
			take(&s.events[i])
		}
	}
	return labels
}

// feedback is what came with the trace of what others said of the answer.
func (g *group) feedback() *eval.Feedback {
	if labels := g.labels(); labels != nil {
		return &eval.Feedback{Labels: labels}
	}
	return nil
}
