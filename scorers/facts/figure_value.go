package facts

import (
	"strconv"
	"strings"
)

// Figure is a number with a unit, in the base unit of what it measures.
type Figure struct {
	Base       string // "second", "month", "metre", "usd", "%", ...
	Value      float64
	Start, End int // bytes of the text
}

// Figures are the numbers with a unit, in order.
func (t *Text) Figures() (figures []Figure) {
	for _, u := range t.Units {
		if u.Kind < Percent || u.Kind > Quantity {
			continue
		}
		base, value, _ := strings.Cut(strings.TrimPrefix(u.Key, "#"), " ")
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			figures = append(figures, Figure{base, v, u.Start, u.End})
		}
	}
	return figures
}
