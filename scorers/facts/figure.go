package facts

import (
	"math"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

var ordinalWords = sync.OnceValue(func() map[string]float64 {
	values := map[string]float64{}
	for i, w := range strings.Fields(`second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth`) {
		values[w] = float64(i + 2)
	}
	return values
})

// figure reads a number in digits or words with its unit: "$3 million",
// "thirty-day", "25 per cent", "3rd".
func figure(ws []word) (Unit, int) {
	if ws[0].low == "minus" && len(ws) > 1 {
		if v, n, _ := amount(ws[1:]); n > 0 && v > 0 {
			return unitBehind(ws, -v, n+1)
		}
	}
	v, n, spelled := amount(ws)
	if n == 0 {
		return currencyFirst(ws)
	}
	if halfMore(ws, n) {
		v, n, spelled = v+0.5, n+3, false // "two and a half"
	}
	if !spelled {
		// A sign of currency belongs to the number.
		if i := strings.IndexAny(ws[0].text, currencies); i >= 0 {
			_, size := utf8.DecodeRuneInString(ws[0].text[i:])
			return figureOf(Money, units()[ws[0].text[i:i+size]].base, v), n
		}
		if n < len(ws) && adjacent(ws[n-1], ws[n]) && isOrdinalEnding(ws[n].low) {
			return figureOf(Ordinal, "th", v), n + 1
		}
	}
	u, end := unitBehind(ws, v, n)
	if spelled && n == 1 && v == 1 && u.Kind == Number {
		return Unit{}, 0 // "one" alone is a pronoun more often than a number
	}
	return u, end
}

// unitBehind completes a number of n words with its unit, or that of the end of
// its range.
func unitBehind(ws []word, v float64, n int) (Unit, int) {
	u, end := unitDirect(ws, v, n)
	if last, ok := rangeEnd(ws, n); ok && u.Kind == Number && last.kind != Ordinal {
		return figureOf(last.kind, last.base, v*last.factor), n
	}
	return u, end
}

// unitDirect completes a number of n words with the unit right behind it.
func unitDirect(ws []word, v float64, n int) (Unit, int) {
	skip := n
	if skip < len(ws) && ws[skip].text == "-" {
		skip++
	}
	if perCent(ws, skip) {
		return figureOf(Percent, "%", v), skip + 2
	}
	if u, ok := unitNamed(ws, skip); ok && (ws[skip].low != "p" || adjacent(ws[skip-1], ws[skip])) && (len(ws[skip].low) > 1 || ws[skip].class == mark || skip == n) {
		return measured(ws, u, v, skip+1)
	}
	if base, kind, v := behindAdjective(ws, skip, v); base != "" {
		return figureOf(kind, base, v), n
	}
	return figureOf(Number, "", v), n
}

// rangeEnd finds the second number of "5-7 days", "5 to 7 million" or "five to seven
// days", of which the first has the unit too: so many of the base unit is one.
func rangeEnd(ws []word, n int) (u unitOf, ok bool) {
	if n >= len(ws) || ws[n].text != "-" && ws[n].low != "to" && ws[n].low != "or" {
		return u, false
	}
	if n++; n >= len(ws) {
		return u, false
	}
	one := ws[n].value // without its magnitude
	if ws[n].class != digits {
		one = numberWords()[ws[n].low]
	}
	if one <= 0 {
		return u, false
	}
	v, size, _ := amount(ws[n:])
	if n+size < len(ws) && ws[n+size].class == letters && monthAt(ws, n+size) > 0 {
		return u, false
	}
	end, _ := unitDirect(ws[n:], v, size)
	base, value, _ := strings.Cut(strings.TrimPrefix(end.Key, "#"), " ")
	total, err := strconv.ParseFloat(value, 64)
	return unitOf{end.Kind, base, total / one}, err == nil
}

// behindAdjective finds the unit of "30 working days" and "100 Canadian dollars".
// The words stay units of their own: they say more than the figure.
func behindAdjective(ws []word, i int, v float64) (string, Kind, float64) {
	if i+1 >= len(ws) || ws[i].class != letters || functionWords()[ws[i].low] || !strings.HasSuffix(ws[i+1].low, "s") || len(ws[i+1].low) < 4 {
		return "", 0, 0
	}
	u, ok := unitNamed(ws, i+1)
	if !ok || u.kind != Duration && u.kind != Money {
		return "", 0, 0
	}
	if base := qualified[ws[i].low+" "+strings.TrimSuffix(ws[i+1].low, "s")]; base != "" {
		u.base = base
	}
	return u.base, u.kind, v * u.factor
}

// unitNamed gives the unit that word i names.
func unitNamed(ws []word, i int) (unitOf, bool) {
	if i >= len(ws) || ws[i].ends || bits[ws[i].text] {
		return unitOf{}, false
	}
	u, ok := units()[ws[i].low]
	return u, ok
}

// perCent reports whether "per cent" stands at word i.
func perCent(ws []word, i int) bool {
	return i+1 < len(ws) && ws[i].low == "per" && ws[i+1].low == "cent"
}

// measured completes a figure whose unit has been read up to word n: scales of
// temperature, powers and quotients of units, and durations of several parts.
func measured(ws []word, u unitOf, v float64, n int) (Unit, int) {
	if u.base == "degree" && n < len(ws) {
		switch ws[n].low {
		case "c", "celsius":
			return figureOf(Quantity, "°c", v), n + 1
		case "f", "fahrenheit":
			return figureOf(Quantity, "°f", v), n + 1
		}
	}
	if n < len(ws) && adjacent(ws[n-1], ws[n]) {
		switch ws[n].text {
		case "²":
			return figureOf(Quantity, u.base+"²", v*u.factor*u.factor), n + 1
		case "³":
			return figureOf(Quantity, u.base+"³", v*u.factor*u.factor*u.factor), n + 1
		case "/":
			if n+1 < len(ws) {
				if per, ok := units()[ws[n+1].low]; ok {
					return figureOf(Quantity, u.base+"/"+per.base, v*u.factor/per.factor), n + 2
				}
			}
		}
	}
	if per, ok := perTime(ws, u, n); ok {
		return figureOf(Quantity, u.base+"/"+per.base, v*u.factor/per.factor), n + 2
	}
	if halfMore(ws, n) && v == math.Trunc(v) {
		return figureOf(u.kind, u.base, (v+0.5)*u.factor), n + 3
	}
	if u.base == "second" && n < len(ws) {
		rest := n
		if ws[rest].low == "and" {
			rest++
		}
		if rest < len(ws) && ws[rest].class == digits {
			next, m, _ := amount(ws[rest:])
			if at := rest + m; m > 0 && at < len(ws) {
				if smaller, ok := units()[ws[at].low]; ok && smaller.base == "second" && smaller.factor < u.factor && next*smaller.factor < u.factor {
					part, end := measured(ws, smaller, next, at+1)
					return addFigures(figureOf(u.kind, u.base, v*u.factor), part), end
				}
			}
		}
	}
	return figureOf(u.kind, u.base, v*u.factor), n
}

// perTime reads the unit of time of "kilometres per hour". What is paid or taken
// "per month" is as often given without, and stays two units.
func perTime(ws []word, u unitOf, n int) (unitOf, bool) {
	if u.kind != Quantity || n+1 >= len(ws) || ws[n].low != "per" && !article(ws, n) {
		return unitOf{}, false
	}
	per, ok := unitNamed(ws, n+1)
	return per, ok && per.base == "second" && per.factor <= 3600 && len(ws[n+1].low) > 1
}

// addFigures adds two durations.
func addFigures(a, b Unit) Unit {
	sum := 0.0
	for _, u := range []Unit{a, b} {
		_, value, _ := strings.Cut(u.Key, " ")
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return a
		}
		sum += v
	}
	return figureOf(a.Kind, "second", sum)
}

// ofFigure reports whether word i is the unit of the figure two words before, as
// in "30 working days".
func ofFigure(ws []word, i int) bool {
	if i < 2 || ws[i-2].class != digits && numberWords()[ws[i-2].low] == 0 {
		return false
	}
	base, _, _ := behindAdjective(ws, i-1, 1)
	return base != ""
}

// currencyFirst reads "USD 30" and "CA$30", and ordinals in words.
func currencyFirst(ws []word) (Unit, int) {
	if v, ok := ordinalWords()[ws[0].low]; ok && ws[0].class == letters {
		return figureOf(Ordinal, "th", v), 1
	}
	if base := dollars[ws[0].low]; base != "" && len(ws) > 1 && adjacent(ws[0], ws[1]) && strings.HasPrefix(ws[1].text, "$") {
		v, n, _ := amount(ws[1:])
		return figureOf(Money, base, v), n + 1
	}
	if u, ok := units()[ws[0].low]; ok && u.kind == Money && len(ws) > 1 && ws[1].class == digits {
		v, n, _ := amount(ws[1:])
		return figureOf(Money, u.base, v*u.factor), n + 1
	}
	return Unit{}, 0
}

// amount reads a number and a magnitude behind it.
func amount(ws []word) (v float64, n int, spelled bool) {
	switch {
	case ws[0].class == digits:
		v, n = ws[0].value, 1
	case ws[0].class == letters:
		v, n = spelledNumber(ws)
		if n == 0 {
			return 0, 0, false
		}
		spelled = true
	default:
		return 0, 0, false
	}
	for n < len(ws) && ws[n].class == letters {
		m, ok := magnitudes[ws[n].low]
		if !ok || len(ws[n].low) == 1 && !(adjacent(ws[n-1], ws[n]) && (ws[n].low == "k" || strings.ContainsAny(ws[0].text, currencies))) {
			break
		}
		v, n = v*m, n+1
	}
	return v, n, spelled
}

func adjacent(a, b word) bool { return a.end == b.start }

func isOrdinalEnding(low string) bool {
	return low == "st" || low == "nd" || low == "rd" || low == "th"
}

func figureOf(k Kind, base string, v float64) Unit {
	return Unit{Kind: k, Key: "#" + base + " " + strconv.FormatFloat(v, 'g', 12, 64)}
}
