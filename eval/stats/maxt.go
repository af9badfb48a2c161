package stats

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"math"
	"slices"
)

// Column is one hypothesis of a family: paired differences and the row that
// each belongs to. A row is a case; columns share its sign. Rows must not
// repeat within a column.
type Column struct {
	Rows []int32
	D    []float64
}

// Family is what MaxT found, in the order of the columns.
type Family struct {
	Tests []FlipTest // each column by itself
	// Adjusted is the two-sided mid-p of each column, corrected for all of them.
	Adjusted []float64
	// Draws behind Adjusted; 0 where it is exact, because the columns that hold
	// any difference are all the same.
	Draws int
	// Level is the two-sided level at which one column has to be tested so that
	// the family keeps the level that was asked for.
	Level float64
}

// flipBudget is the number of table additions that sign flips may cost, about
// a second of one core; above that the family is taken to its normal limit.
const flipBudget = 6e8

const (
	moreFlips    = 5    // times as many draws where they leave a decision open, at most twice
	certainty    = 3    // standard errors of the drawing that make a decision certain
	settleFrom   = 5000 // draws below which speed was asked for, not certainty
	settleBudget = 1e8  // table additions that this may cost, some 0.2 seconds
)

// MaxT tests a family of paired differences by flipping the signs of whole rows
// (all columns together, so that correlations are kept) and comparing each
// column's |z|, z = sum(d)/sqrt(sum(d*d)), as a normal score of its own tail
// (evidence), with the maximum over the family, step-down. The score is bounded
// by the number of rows, so that small slices cannot dominate the maximum as
// studentised t values do.
//
// Note: the specification takes the largest |z| itself. There one case that
// collapses beside twenty that lost a little squeezes |z| from 3.3 to 1.2, and a
// corrected p of .001 to .15, though its own p falls. On the specification's
// section 3 (600 families, 999 flips, seed 99) the largest score keeps the level
// as the largest |z| does (.045 and .047; with time-outs .058 and .063) and
// finds more: a slice that lost in all metrics .678 to .662, in one .510 to .495,
// with time-outs .620 to .590.
//
// Ties count half throughout, as in SignFlip's Mid. Columns with the same
// differences (a slice that holds all that changed) count as one, columns
// without a difference count for nothing; if one column is left, its exact
// mid-p is the answer and nothing is drawn. An adjusted p is never below the
// column's own mid-p, and not below 1/(2*draws+2).
//
// Where, of 5,000 draws or more, a corrected p lies within three standard errors
// of its drawing of the level, that column is drawn again five times as often,
// and then once more, if that costs little: the drawing turns a decision in one
// of 700 cases, or where not even that tells the p from the level. Draws is then
// the largest number.
//
// If the flips would cost more than about a second, and more than the following,
// the maximum is taken over correlated normal scores instead: the z values of
// thousands of rows are jointly normal with correlation sum(d_j d_k)/sqrt(sum(d_j^2) sum(d_k^2)),
// exactly that of the flips, and every column enters with the normal score of
// its own mid-p, so that its own null distribution stays that of SignFlip.
//
// level is that of the whole family, two-sided. The result is the same for the
// negated differences.
func MaxT(columns []Column, draws int, seed uint64, level float64) Family {
	f := Family{Tests: make([]FlipTest, len(columns)), Adjusted: make([]float64, len(columns)), Level: level}
	kept := make([]Column, len(columns))
	parallel(len(columns), func(j int) {
		kept[j] = columns[j].informative()
		f.Tests[j] = SignFlip(kept[j].D)
	})
	distinct, stands := distinctColumns(kept)
	switch len(distinct) {
	case 0:
		for j := range f.Adjusted {
			f.Adjusted[j] = 1
		}
		return f
	case 1:
		for j, t := range f.Tests {
			f.Adjusted[j] = t.Mid
		}
		return f
	}
	own := make([]FlipTest, len(distinct))
	cols := make([]Column, len(distinct))
	for k, j := range distinct {
		own[k], cols[k] = f.Tests[j], kept[j]
	}
	f.Draws = max(draws, 1)
	var adjusted []float64
	wide := float64(len(cols)*len(cols)) * float64(f.Draws) // what the limit costs
	if work := flipWorkOf(cols, f.Draws); work <= max(flipBudget, wide) {
		m := newRowMajor(cols)
		adjusted, f.Level = m.flips(own, f.Draws, seed, level)
		affordable := 0
		if f.Draws >= settleFrom {
			affordable = min(moreFlips*moreFlips*f.Draws, int(settleBudget/flipWorkOf(cols, 1)))
		}
		f.Draws = m.settle(own, adjusted, f.Draws, affordable, seed, level)
	} else {
		adjusted, f.Level = normalLimit(cols, own, f.Draws, seed, level)
	}
	for j, k := range stands {
		f.Adjusted[j] = 1
		if k >= 0 {
			f.Adjusted[j] = max(adjusted[k], own[k].Mid)
		}
	}
	return f
}

// settle draws anew for the columns whose corrected p the draws cannot tell from
// the level, and gives the largest number of draws. What is certain stays as it
// is, so that another level cannot change it.
func (m *rowMajor) settle(own []FlipTest, adjusted []float64, draws, most int, seed uint64, level float64) int {
	for draws*moreFlips <= most {
		var open []int
		for k, p := range adjusted {
			p = max(p, own[k].Mid)
			if math.Abs(p-level) <= certainty*math.Sqrt(p*(1-p)/float64(draws)) {
				open = append(open, k)
			}
		}
		if len(open) == 0 {
			break
		}
		draws *= moreFlips
		again, _ := m.flips(own, draws, seed, level)
		for _, k := range open {
			adjusted[k] = again[k]
		}
	}
	return draws
}

// flipWorkOf is the number of table additions that flipping the signs costs.
func flipWorkOf(columns []Column, draws int) float64 {
	n := 0
	for _, c := range columns {
		n += len(c.D)
	}
	return float64(n) / 8 * float64(draws)
}

// informative drops the differences that are zero or not finite and sorts by row.
func (c Column) informative() Column {
	at := make([]int, 0, len(c.D))
	for i, v := range c.D {
		if v != 0 && isFinite(v) {
			at = append(at, i)
		}
	}
	slices.SortFunc(at, func(a, b int) int { return cmp.Compare(c.Rows[a], c.Rows[b]) })
	k := Column{Rows: make([]int32, len(at)), D: make([]float64, len(at))}
	for i, a := range at {
		k.Rows[i], k.D[i] = c.Rows[a], c.D[a]
	}
	return k
}

// distinctColumns lists the first of each set of columns that hold the same
// differences, up to the sign of all; stands gives each column's place in that
// list, -1 if it holds none.
func distinctColumns(columns []Column) (distinct []int, stands []int) {
	seen := map[uint64][]int{} // places in distinct
	stands = make([]int, len(columns))
next:
	for j, c := range columns {
		stands[j] = -1
		if len(c.D) == 0 {
			continue
		}
		h := c.hash()
		for _, k := range seen[h] {
			if c.equal(columns[distinct[k]]) {
				stands[j] = k
				continue next
			}
		}
		stands[j] = len(distinct)
		seen[h] = append(seen[h], len(distinct))
		distinct = append(distinct, j)
	}
	return distinct, stands
}

func (c Column) hash() uint64 {
	h := fnv.New64a()
	var b [12]byte
	for i, r := range c.Rows {
		binary.LittleEndian.PutUint32(b[:], uint32(r))
		binary.LittleEndian.PutUint64(b[4:], math.Float64bits(math.Abs(c.D[i])))
		h.Write(b[:])
	}
	return h.Sum64()
}

func (c Column) equal(o Column) bool {
	if !slices.Equal(c.Rows, o.Rows) {
		return false
	}
	flip := 1.0
	if math.Signbit(c.D[0]) != math.Signbit(o.D[0]) {
		flip = -1
	}
	for i, v := range c.D {
		if v != flip*o.D[i] {
			return false
		}
	}
	return true
}
