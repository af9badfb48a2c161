package text

// GLEU is the sentence score of Wu et al. 2016 ("Google's neural machine
// translation system", section 4): of all n-grams of one to four words, the
// share in common, as precision or recall, whichever is less. In [0,1]; 0 where
// one text has no words.
func GLEU(answer, expected []int32) float64 {
	var common [MaxOrder]int
	CommonNGrams(answer, expected, common[:])
	matched := 0
	for _, c := range common {
		matched += c
	}
	most := max(ngrams(len(answer)), ngrams(len(expected)))
	if most == 0 {
		return 0
	}
	return float64(matched) / float64(most)
}

// ngrams counts the n-grams of 1 to MaxOrder words in so many words.
func ngrams(words int) int {
	total := 0
	for n := 1; n <= MaxOrder; n++ {
		total += max(words-n+1, 0)
	}
	return total
}
