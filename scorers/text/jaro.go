package text

// JaroLimit is how many characters of a text Jaro-Winkler compares.
const JaroLimit = 1 << 12

// JaroWinkler is the similarity of two names (Jaro 1989, Winkler 1990), in [0,1]:
// the mean of the shares of characters that match, within half the length of the
// longer text, and of those in the same order, raised by scale for each of the
// first four characters in common where it is at least threshold. Only the first
// JaroLimit characters are compared, after composition (NFC).
func JaroWinkler(a, b string, scale, threshold float64) float64 {
	x, y := firstRunes(NFC(a)), firstRunes(NFC(b))
	jaro := jaro(x, y)
	if jaro < threshold {
		return jaro
	}
	prefix := 0
	for prefix < min(4, len(x), len(y)) && x[prefix] == y[prefix] {
		prefix++
	}
	return min(1, jaro+float64(prefix)*scale*(1-jaro))
}

func firstRunes(s string) []rune {
	runes := make([]rune, 0, min(len(s), JaroLimit))
	for _, r := range s {
		if len(runes) == JaroLimit {
			break
		}
		runes = append(runes, r)
	}
	return runes
}

func jaro(x, y []rune) float64 {
	if len(x) == 0 && len(y) == 0 {
		return 1
	}
	window := max(0, max(len(x), len(y))/2-1)
	taken := make([]bool, len(y))
	var mx []rune
	for i, r := range x {
		for j := max(0, i-window); j <= min(len(y)-1, i+window); j++ {
			if !taken[j] && y[j] == r {
				taken[j] = true
				mx = append(mx, r)
				break
			}
		}
	}
	if len(mx) == 0 {
		return 0
	}
	k, moved := 0, 0
	for j, r := range y {
		if taken[j] {
			if mx[k] != r {
				moved++
			}
			k++
		}
	}
	m := float64(len(mx))
	return (m/float64(len(x)) + m/float64(len(y)) + (m-float64(moved)/2)/m) / 3
}
