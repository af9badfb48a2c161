package text

// Overlap says how much two sequences of words have in common. All three are in
// [0,1].
type Overlap struct {
	Precision float64 // the common words as a share of the answer's
	Recall    float64 // the common words as a share of the expected ones
	F1        float64 // the harmonic mean of both; 0 if nothing is common
	Common    int     // the number of common words
}

func overlap(common, answer, expected int) Overlap {
	if common == 0 {
		return Overlap{}
	}
	p, r := float64(common)/float64(answer), float64(common)/float64(expected)
	return Overlap{Precision: p, Recall: r, F1: 2 * p * r / (p + r), Common: common}
}

// Subsequence compares words, given as numbers (see Numbered), by their longest
// common subsequence, which is ROUGE-L (Lin 2004) on a pair of texts. Two empty sequences have nothing in
// common. exact is false if the sequences were too long and only their
// beginnings (see LCSLimit) were compared.
func Subsequence(answer, expected []int32) (o Overlap, exact bool) {
	answer, expected, exact = shorten(answer, expected)
	return overlap(LCS(answer, expected), len(answer), len(expected)), exact
}

// Bag compares the words as multisets, whatever their order, as the SQuAD
// evaluation does. Two empty sequences agree wholly; one empty sequence has
// nothing in common with another.
func Bag(answer, expected []string) Overlap {
	if len(answer) == 0 && len(expected) == 0 {
		return Overlap{Precision: 1, Recall: 1, F1: 1}
	}
	short, long := answer, expected
	if len(short) > len(long) {
		short, long = long, short
	}
	d := newDictionary(short)
	left := make([]int32, len(short)) // by the first place of a word
	for i := range short {
		left[d.add(i)]++
	}
	common := 0
	for _, w := range long {
		if id := d.find(w); id >= 0 && left[id] > 0 {
			left[id]--
			common++
		}
	}
	return overlap(common, len(answer), len(expected))
}
