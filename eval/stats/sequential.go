package stats

// Decision is what a sequential test has come to.
type Decision int

const (
	Undecided Decision = iota
	Regressed          // the mean is below 0
	Improved           // the mean is above 0
	Holds              // the mean is above -margin
)

// SequentialOptions are the error rates of a Sequential.
type SequentialOptions struct {
	// Level is the probability of ever deciding Regressed while the mean is not
	// below 0, and of ever deciding Improved while it is not above.
	Level float64
	// HoldsLevel is the probability of ever deciding Holds while the mean is
	// -Margin or below.
	HoldsLevel float64
	// Margin is the tolerated loss, in [0,1]. Nothing can lose more than 1.
	Margin float64
}

// Sequential tests the mean of differences in [-1,1] while they arrive, one at a
// time. Its error rates hold over the whole path, whenever and for whatever
// reason it is stopped: each of its three tests is a nonnegative
// supermartingale under its null hypothesis, and by Ville's inequality such a
// capital ever reaches 1/level with probability level at most.
//
// The capitals are bets against the mean lying on the wrong side of a bound
// (Waudby-Smith and Ramdas 2024, JRSS B 86:1, "Estimating means of bounded random
// variables by betting"; see purse).
//
// The differences are taken to be drawn with replacement: what is inferred is
// the mean over cases like these, of which the golden set is a sample in random
// order. For the mean over the finite set itself that is on the safe side. Their
// order must not depend on their values; cases in the order in which they happen
// to be answered would not do, since slow answers may be worse.
//
// Share of the cases that are asked until something is decided, at the levels of
// a report with one gating metric (1.25 % for a false Regressed, 2.5 % for a
// false Holds at a margin of 5 points), of 200 and 1,000 cases; populations of
// the specification, losses spread evenly, 300 runs each (TestSequentialSaves):
//
//	                      no change   -5 points   -10 points  -20 points
//	binary, 1 repeat      88 %  40 %  94 %  62 %  79 %  22 %  35 %   7 %
//	binary, 3 repeats     63 %  14 %  83 %  22 %  42 %   8 %  18 %   4 %
//	continuous, 1 repeat  45 %   9 %  55 %  11 %  27 %   5 %  14 %   3 %
//
// Note: Holds says that a loss beyond the margin is excluded, not a gain beyond
// it, which Improved would tell. To wait for both takes up to twice the cases.
type Sequential struct {
	opts     SequentialOptions
	cases    int
	sum      float64
	down, up purse // against a mean of 0 or more, of 0 or less
	low      purse // against a mean of -margin or less
	decided  Decision
}

// NewSequential starts a test that has seen nothing.
func NewSequential(opts SequentialOptions) *Sequential {
	return &Sequential{opts: opts, down: newPurse(0), up: newPurse(0), low: newPurse(min(max(opts.Margin, 0), 1))}
}

// Add takes the next difference in and says what has been decided so far.
// Regressed and Improved stay; Holds may still become one of them. What is not
// finite was not measured and is passed over; what is outside [-1,1] counts as
// the nearer end.
func (s *Sequential) Add(d float64) Decision {
	if !isFinite(d) {
		return s.decided
	}
	d = min(max(d, -1), 1)
	s.cases++
	s.sum += d
	s.down.bet(-d)
	s.up.bet(d)
	s.low.bet(d)
	switch {
	case s.decided == Regressed || s.decided == Improved:
	case reached(s.down.capital(), s.opts.Level):
		s.decided = Regressed
	case reached(s.up.capital(), s.opts.Level):
		s.decided = Improved
	case reached(s.low.capital(), s.opts.HoldsLevel):
		s.decided = Holds
	}
	return s.decided
}

// reached tells whether a capital is as rare as the level, but for rounding.
func reached(capital, level float64) bool { return capital*level >= 1-1e-9 }

// Evidence is how far a Sequential has come. An e value is the capital per unit
// staked; one of e is as rare, without what it speaks for, as a p value of 1/e.
type Evidence struct {
	Cases int     // differences that were measured
	Mean  float64 // of them, 0 without any
	// Regressed, Improved and Holds are the e values for the mean being below 0,
	// above 0 and above -margin, up to 4e299.
	Regressed, Improved, Holds float64
}

// Evidence is at the last difference.
func (s *Sequential) Evidence() Evidence {
	e := Evidence{Cases: s.cases, Regressed: s.down.capital(), Improved: s.up.capital(), Holds: s.low.capital()}
	if s.cases > 0 {
		e.Mean = s.sum / float64(s.cases)
	}
	return e
}

// Decision is the one of the last Add.
func (s *Sequential) Decision() Decision { return s.decided }

// The bets of a purse.
const (
	mostBet    = .95 // of the bet that loses all to the worst value
	firstMean  = .01 // stands for a difference before the first
	firstNoise = .02 // and its square
)

// constantBets are shares of the bet that loses all to the worst value.
func constantBets() [3]float64 { return [3]float64{.2, .5, mostBet} }

// purse is the capital of a bettor against the mean of values in [-1,1] being
// -room or less: with y = x + room it multiplies by 1 + lambda y, which is never
// below 0 for lambda <= 1/(1-room), and whose mean is at most 1 if the bettor is
// wrong.
//
// Half of the first unit goes by aGRAPA, lambda = mean(y)/mean(y^2) of the
// values so far, which is nearly the best bet on what came (section B.3 of the
// paper); the other half is spread over three constant bets (the diversified
// Kelly bettor of section B.6). The sum of capitals is a capital. Alone,
// the first is a sixth faster where differences are small, the second a third
// where they are all or nothing.
type purse struct {
	room float64
	n    float64
	sum  float64 // of y, and of its square
	sum2 float64
	held [4]float64 // by the adaptive bet, then by the constant ones
}

// mostHeld is where a capital stops growing: far beyond any level.
const mostHeld = 1e299

func newPurse(room float64) purse {
	return purse{room: room, sum: firstMean, sum2: firstNoise, held: [4]float64{1. / 2, 1. / 6, 1. / 6, 1. / 6}}
}

func (p *purse) bet(x float64) {
	p.n++
	if p.room >= 1 { // no mean is that low
		p.held[0] = mostHeld
		return
	}
	y, most := x+p.room, 1/(1-p.room)
	p.held[0] = min(mostHeld, p.held[0]*(1+min(mostBet*most, max(0, p.sum/p.sum2))*y))
	for k, share := range constantBets() {
		p.held[k+1] = min(mostHeld, p.held[k+1]*(1+share*most*y))
	}
	p.sum += y
	p.sum2 += y * y
}

func (p *purse) capital() float64 { return p.held[0] + p.held[1] + p.held[2] + p.held[3] }

// BettingInterval is the confidence interval of the mean of differences in
// [-1,1] at whatever time the looking stopped: every mean against which no
// capital ever came to 2/(1-conf) while the differences arrived in this order.
// It covers the mean with at least the given probability over the whole path,
// and is wider than an interval for a number of cases fixed beforehand. No value
// gives [-1,1].
func BettingInterval(d []float64, conf float64) (low, high float64) {
	values := make([]float64, 0, len(d))
	sum := 0.0
	for _, x := range d {
		if isFinite(x) {
			x = min(max(x, -1), 1)
			values, sum = append(values, x), sum+x
		}
	}
	if len(values) == 0 || !(conf > 0 && conf < 1) {
		return -1, 1
	}
	mean := sum / float64(len(values))
	level := (1 - conf) / 2
	low = -lastUnbeaten(values, -mean, level, -1)
	high = lastUnbeaten(values, mean, level, 1)
	return min(low, mean), max(high, mean)
}

// lastUnbeaten is the largest mean, from the observed one to 1, that is not
// refuted as too high for the values times sign.
func lastUnbeaten(values []float64, from, level, sign float64) float64 {
	refuted := func(m float64) bool {
		// A mean of m or more of x is a mean of -m or less of -x.
		p := newPurse(m)
		for _, x := range values {
			if p.bet(-sign * x); reached(p.capital(), level) {
				return true
			}
		}
		return false
	}
	lo, hi := from, 1.0
	for range 30 {
		if mid := (lo + hi) / 2; refuted(mid) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return hi
}
