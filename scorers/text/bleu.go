package text

import "math"

// MaxOrder is the longest n-gram of BLEU.
const MaxOrder = 4

// Smoothing says what BLEU takes for a precision of zero (Chen and Cherry 2014,
// with the names of sacrebleu).
type Smoothing string

const (
	SmoothExp   Smoothing = "exp"   // half of what the order before had, and so on
	SmoothFloor Smoothing = "floor" // a small number of matches
	SmoothAddK  Smoothing = "add-k" // k more matches and n-grams for n over 1
	SmoothNone  Smoothing = "none"
	SmoothTiny  Smoothing = "tiny" // the precision is a small number, as promptfoo has it
)

// BLEU is the sentence BLEU of an answer (Papineni et al. 2002, as sacrebleu
// computes it), in [0,1]. common are the clipped matches for n = 1 to MaxOrder,
// and the lengths are in tokens. With effective order, orders longer than the
// answer are left out. value is the number of floor or of tiny, or the k of add-k.
func BLEU(common [MaxOrder]int, answer, expected int, smooth Smoothing, value float64, effective bool) float64 {
	matched := 0
	for _, c := range common {
		matched += c
	}
	if matched == 0 && smooth != SmoothTiny || answer == 0 {
		return 0
	}
	sum, order, halved := 0.0, 0, 1.0
	for n := 1; n <= MaxOrder; n++ {
		correct, total := float64(common[n-1]), float64(max(answer-n+1, 0))
		if smooth == SmoothAddK && n > 1 {
			correct, total = correct+value, total+value
		}
		if total == 0 {
			break
		}
		order = n
		p := correct / total
		if correct == 0 {
			switch smooth {
			case SmoothExp:
				halved *= 2
				p = 1 / (halved * total)
			case SmoothFloor:
				p = value / total
			case SmoothTiny:
				p = value
			}
		}
		if p == 0 {
			return 0
		}
		sum += math.Log(p)
	}
	if !effective && order < MaxOrder {
		return 0
	}
	brevity := 1.0
	if answer < expected {
		brevity = math.Exp(1 - float64(expected)/float64(answer))
	}
	return min(1, brevity*math.Exp(sum/float64(order)))
}
