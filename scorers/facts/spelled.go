package facts

import (
	"math"
	"strings"
	"sync"
)

var magnitudes = map[string]float64{"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12,
	"k": 1e3, "m": 1e6, "mn": 1e6, "bn": 1e9, "dozen": 12}

var numberWords = sync.OnceValue(func() map[string]float64 {
	values := map[string]float64{}
	for i, w := range strings.Fields(`zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen twenty`) {
		values[w] = float64(i)
	}
	for i, w := range strings.Fields(`thirty forty fifty sixty seventy eighty ninety`) {
		values[w] = float64(10*i + 30)
	}
	return values
})

// spelledNumber reads "twenty-five", "a dozen", "half a million" or "three
// thousand five hundred and two" as far as the words go that are known.
func spelledNumber(ws []word) (v float64, n int) {
	if article(ws, 0) {
		if m := magnitudeAt(ws, 1); m > 0 {
			return scaled(ws, m, 2)
		}
		return 0, 0
	}
	if ws[0].low == "half" && article(ws, 1) {
		if m := magnitudeAt(ws, 2); m > 0 {
			return m / 2, 3
		}
		return 0, 0
	}
	v, n = belowHundred(ws)
	if n == 0 {
		return 0, 0
	}
	if m := magnitudeAt(ws, n); m > 0 {
		return scaled(ws, v*m, n+1)
	}
	return v, n
}

// scaled goes on behind the first magnitude of a number, up to which it is v and
// n words long: what is smaller is added, a greater magnitude multiplies.
func scaled(ws []word, v float64, n int) (float64, int) {
	last := magnitudes[ws[n-1].low]
	if last == 12 {
		return v, n
	}
	for {
		if m := magnitudeAt(ws, n); m > last && m != 12 {
			v, last, n = v*m, m, n+1
			continue
		}
		rest, m, size := smaller(ws[n:], last)
		if size == 0 {
			return v, n
		}
		v, n = v+rest, n+size
		if m == 1 {
			// "one hundred and fifty thousand": the magnitude counts all of it.
			if m := magnitudeAt(ws, n); last == 100 && m > 100 {
				v, last, n = v*m, m, n+1
				continue
			}
			return v, n
		}
		last = m
	}
}

// smaller reads the next part of a number, "five hundred" or "and two", with the
// magnitude it has, below the one before.
func smaller(ws []word, last float64) (v, m float64, n int) {
	and := 0
	if len(ws) > 1 && ws[0].low == "and" {
		and = 1
	}
	if len(ws) == and {
		return 0, 0, 0
	}
	v, n = belowHundred(ws[and:])
	if n == 0 {
		return 0, 0, 0
	}
	m = magnitudeAt(ws, and+n)
	switch {
	case m == 0 || last == 100 && m > 100:
		return v, 1, and + n
	case and == 1 || m >= last || m == 12:
		return 0, 0, 0 // "one hundred and two hundred" are two numbers
	}
	v, n = v*m, n+1
	if m == 100 && last > 1000 && magnitudeAt(ws, n) > 0 {
		v, m, n = v*magnitudes[ws[n].low], magnitudes[ws[n].low], n+1
	}
	return v, m, n
}

// belowHundred reads "seven", "twenty", "twenty-five" or "twenty five".
func belowHundred(ws []word) (v float64, n int) {
	v, ok := numberWords()[ws[0].low]
	if !ok || ws[0].class != letters {
		return 0, 0
	}
	n = 1
	if v >= 20 && math.Mod(v, 10) == 0 {
		at := 1
		if len(ws) > 1 && ws[1].text == "-" {
			at = 2
		}
		if at < len(ws) && ws[at].class == letters {
			if one := numberWords()[ws[at].low]; one > 0 && one < 10 {
				return v + one, at + 1
			}
		}
	}
	return v, n
}

func article(ws []word, i int) bool {
	return i < len(ws) && ws[i].class == letters && (ws[i].low == "a" || ws[i].low == "an")
}

// magnitudeAt is the magnitude that word i spells out, or 0.
func magnitudeAt(ws []word, i int) float64 {
	if i >= len(ws) || ws[i].class != letters || len(ws[i].low) < 3 {
		return 0
	}
	return magnitudes[ws[i].low]
}

// half reads "half an hour" and "an hour", and adds "and a half" to what follows
// a whole number of a unit.
func half(ws []word) (Unit, int) {
	n, v := 0, 1.0
	if ws[0].low == "half" && ws[0].class == letters {
		n, v = 1, 0.5
	}
	if !article(ws, n) || n+1 >= len(ws) || ws[n+1].class != letters {
		return Unit{}, 0
	}
	name := ws[n+1].low
	u, ok := units()[name]
	if !ok || len(name) < 3 || v == 1 && (u.kind != Duration || name == "second" || name == "quarter") {
		return Unit{}, 0 // "a second time"
	}
	n += 2
	if v == 1 && halfMore(ws, n) {
		return figureOf(u.kind, u.base, 1.5*u.factor), n + 3
	}
	return figureOf(u.kind, u.base, v*u.factor), n
}

// halfMore reports whether "and a half" stands at word i.
func halfMore(ws []word, i int) bool {
	return i+2 < len(ws) && ws[i].low == "and" && article(ws, i+1) && ws[i+2].low == "half"
}

// often reads "twice", which is "two times".
func often(ws []word) (Unit, int) {
	switch ws[0].low {
	case "twice":
		return figureOf(Quantity, "times", 2), 1
	case "thrice":
		return figureOf(Quantity, "times", 3), 1
	}
	return Unit{}, 0
}
