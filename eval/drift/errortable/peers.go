package main

import (
	"math"
	"math/rand/v2"
	"slices"
)

// The rules of three peers, re-implemented from their documented decision
// logic. All of them lay the outputs of all cases in one heap and do not pair
// them.

// askPeers takes in what the peers would have said. What is not worse is fine,
// unless it is improved.
func (t *tally) askPeers(r *rand.Rand, before, after []float64) {
	t.Ranks.take(rankRule(before, after))
	t.Bootstrap.take(bootstrapRule(r, before, after))
	t.PassRate.take(passRateRule(before, after))
}

// take counts a peer's word: below 0 worse, 0 fine, above 0 better.
func (p *peer) take(word int) {
	switch {
	case word < 0:
		p.Worse++
	case word == 0:
		p.Fine++
	}
}

// rankRule is agent-regress-cli's: an unpaired Mann-Whitney test with p < .05
// (normal approximation with corrections for ties and continuity) and
// |Cohen's d| >= .2; everything else it prints as STABLE.
func rankRule(before, after []float64) int {
	if p, _ := mannWhitney(before, after); p >= .05 {
		return 0
	}
	switch d := cohen(before, after); {
	case d <= -.2:
		return -1
	case d >= .2:
		return 1
	}
	return 0
}

// bootstrapRule calls a change what the 95 % percentile bootstrap interval of
// the unpaired difference of the means tells from 0.
func bootstrapRule(r *rand.Rand, before, after []float64) int {
	low, high := bootstrapInterval(r, before, after)
	switch {
	case high < 0:
		return -1
	case low > 0:
		return 1
	}
	return 0
}

// passRateRule fails a candidate more than 5 points below the baseline.
func passRateRule(before, after []float64) int {
	if d := meanOf(after) - meanOf(before); d < -.05-1e-12 {
		return -1
	}
	return 0
}

// mannWhitney gives the two-sided p of the unpaired rank test (Mann and Whitney
// 1947) by its normal approximation, as scipy.stats.mannwhitneyu(method=
// "asymptotic") has it, and U of the second sample.
func mannWhitney(x, y []float64) (p, u float64) {
	type value struct {
		v      float64
		second bool
	}
	all := make([]value, 0, len(x)+len(y))
	for _, v := range x {
		all = append(all, value{v, false})
	}
	for _, v := range y {
		all = append(all, value{v, true})
	}
	slices.SortFunc(all, func(a, b value) int {
		switch {
		case a.v < b.v:
			return -1
		case a.v > b.v:
			return 1
		}
		return 0
	})
	ranks, ties := 0.0, 0.0
	for i := 0; i < len(all); {
		k, seconds := i, 0
		for ; k < len(all) && all[k].v == all[i].v; k++ {
			if all[k].second {
				seconds++
			}
		}
		t := float64(k - i)
		ranks += float64(seconds) * (float64(i+k+1) / 2)
		ties += t*t*t - t
		i = k
	}
	m, n := float64(len(x)), float64(len(y))
	u = ranks - n*(n+1)/2
	sd := math.Sqrt(m * n / 12 * (m + n + 1 - ties/((m+n)*(m+n-1))))
	if sd == 0 {
		return 1, u
	}
	z := (math.Abs(u-m*n/2) - .5) / sd
	return min(1, math.Erfc(z/math.Sqrt2)), u
}

// cohen is the difference of the means over the pooled standard deviation.
func cohen(before, after []float64) float64 {
	a, va := moments(before)
	b, vb := moments(after)
	m, n := float64(len(before)), float64(len(after))
	pooled := math.Sqrt(((m-1)*va + (n-1)*vb) / (m + n - 2))
	if pooled == 0 {
		return 0
	}
	return (b - a) / pooled
}

const (
	bootstrapDraws = 999
	bootstrapFew   = 100 // outputs a side up to which the bootstrap is drawn
)

// bootstrapInterval is the 95 % percentile bootstrap interval of mean(after) -
// mean(before), each side resampled by itself. Above 100 outputs a side it is
// that of infinitely many resamples, by the expansion of Cornish and Fisher
// (1938) from the cumulants of the resampled difference, which are known.
func bootstrapInterval(r *rand.Rand, before, after []float64) (low, high float64) {
	if len(before) > bootstrapFew && len(after) > bootstrapFew {
		return cornishFisher(before, after)
	}
	d := make([]float64, bootstrapDraws)
	for i := range d {
		d[i] = resampledMean(r, after) - resampledMean(r, before)
	}
	slices.Sort(d)
	quantile := func(q float64) float64 { // linear between order statistics, as numpy's
		at := q * float64(len(d)-1)
		k := int(at)
		return d[k] + (at-float64(k))*(d[min(k+1, len(d)-1)]-d[k])
	}
	return quantile(.025), quantile(.975)
}

func resampledMean(r *rand.Rand, values []float64) float64 {
	sum := 0.0
	for range values {
		sum += values[uint64(r.Uint32())*uint64(len(values))>>32]
	}
	return sum / float64(len(values))
}

func cornishFisher(before, after []float64) (low, high float64) {
	centre, variance, third, fourth := 0.0, 0.0, 0.0, 0.0
	for _, s := range []struct {
		values []float64
		sign   float64
	}{{before, -1}, {after, 1}} {
		n := float64(len(s.values))
		mean := meanOf(s.values)
		var m2, m3, m4 float64
		for _, v := range s.values {
			d := v - mean
			m2 += d * d / n
			m3 += d * d * d / n
			m4 += d * d * d * d / n
		}
		centre += s.sign * mean
		variance += m2 / n
		third += s.sign * m3 / (n * n)
		fourth += (m4 - 3*m2*m2) / (n * n * n)
	}
	if variance == 0 {
		return centre, centre
	}
	sd := math.Sqrt(variance)
	skew, kurtosis := third/(sd*sd*sd), fourth/(variance*variance)
	at := func(z float64) float64 {
		return centre + sd*(z+skew*(z*z-1)/6+kurtosis*(z*z*z-3*z)/24-skew*skew*(2*z*z*z-5*z)/36)
	}
	const z975 = 1.959963984540054
	return at(-z975), at(z975)
}

func meanOf(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// moments are the mean and the variance with n-1 below.
func moments(values []float64) (mean, variance float64) {
	mean = meanOf(values)
	for _, v := range values {
		variance += (v - mean) * (v - mean)
	}
	return mean, variance / float64(len(values)-1)
}
