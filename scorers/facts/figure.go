package facts

import (
	"math"
	"strconv"
	"strings"
	"sync"
)

// unitOf is what a number may be followed by: which kind it makes, the name of
// its base unit and how many of those it is.
type unitOf struct {
	kind   Kind
	base   string
	factor float64
}

var units = sync.OnceValue(func() map[string]unitOf {
	table := map[string]unitOf{}
	for _, line := range lines(`
Duration second 1 second seconds sec secs s
Duration second 0.001 millisecond milliseconds ms
Duration second 60 minute minutes min mins
Duration second 3600 hour hours hr hrs h
Duration second 86400 day days tag tage tagen jour jours dia dias 日
Duration second 604800 week weeks wk wks woche wochen semaine semaines
Duration month 1 month months monat monate monaten mois mes meses
Duration month 3 quarter quarters
Duration month 12 year years yr yrs jahr jahre jahren ans año años 年
Duration month 120 decade decades
Duration month 1200 century centuries
Duration night 1 night nights
Percent % 1 % ％ percent pct prozent
Percent pp 1 pp
Money usd 1 $ usd dollar dollars us$ bucks
Money usd 0.01 cent cents ¢
Money eur 1 € eur euro euros
Money gbp 1 £ gbp
Money jpy 1 ¥ jpy yen 円
Money cny 1 cny rmb yuan
Money inr 1 ₹ inr rupee rupees
Money chf 1 chf
Money cad 1 cad
Money aud 1 aud
Quantity metre 1 m metre metres meter meters
Quantity metre 1000 km kilometre kilometres kilometer kilometers
Quantity metre 0.01 cm centimetre centimetres centimeter centimeters
Quantity metre 0.001 mm millimetre millimetres millimeter millimeters
Quantity metre 1609.344 mile miles mi
Quantity metre 0.3048 foot feet ft
Quantity metre 0.0254 inch inches
Quantity gram 1 g gram grams gramme grammes
Quantity gram 0.001 mg milligram milligrams
Quantity gram 1000 kg kilo kilos kilogram kilograms
Quantity gram 1000000 tonne tonnes
Quantity pound 1 lb lbs pound pounds
Quantity ounce 1 oz ounce ounces
Quantity litre 1 l litre litres liter liters
Quantity litre 0.001 ml millilitre millilitres milliliter milliliters
Quantity gallon 1 gallon gallons gal
Quantity byte 1 byte bytes
Quantity byte 1000 kb kilobyte kilobytes
Quantity byte 1000000 mb megabyte megabytes
Quantity byte 1000000000 gb gigabyte gigabytes
Quantity byte 1000000000000 tb terabyte terabytes
Quantity watt 1 w watt watts
Quantity watt 1000 kw kilowatt kilowatts
Quantity kwh 1 kwh
Quantity °c 1 °c ℃ celsius
Quantity °f 1 °f ℉ fahrenheit
Quantity degree 1 ° degree degrees
Quantity hertz 1 hz hertz
Quantity metre/second 0.44704 mph
Quantity metre/second 0.277777777777778 kmh kph
Quantity times 1 times`) {
		f := strings.Fields(line)
		u := unitOf{base: f[1]}
		for k := Percent; k <= Quantity; k++ {
			if strings.EqualFold(f[0], unitKinds[k]) {
				u.kind = k
			}
		}
		u.factor, _ = strconv.ParseFloat(f[2], 64) // the table above is tested whole
		for _, name := range f[3:] {
			table[name] = u
		}
	}
	return table
})

var unitKinds = map[Kind]string{Percent: "Percent", Money: "Money", Duration: "Duration", Quantity: "Quantity"}

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
		for sign := range strings.FieldsSeq("$ € £ ¥ ₹") {
			if strings.Contains(ws[0].text, sign) {
				return figureOf(Money, units()[sign].base, v), n
			}
		}
		if n < len(ws) && adjacent(ws[n-1], ws[n]) && isOrdinalEnding(ws[n].low) {
			return figureOf(Ordinal, "", v), n + 1
		}
	}
	u, end := unitBehind(ws, v, n)
	if spelled && n == 1 && v == 1 && u.Kind == Number {
		return Unit{}, 0 // "one" alone is a pronoun more often than a number
	}
	return u, end
}

// unitBehind completes a number of n words with its unit.
func unitBehind(ws []word, v float64, n int) (Unit, int) {
	skip := n
	if skip < len(ws) && ws[skip].text == "-" {
		skip++
	}
	if perCent(ws, skip) {
		return figureOf(Percent, "%", v), skip + 2
	}
	if u, ok := unitNamed(ws, skip); ok && (len(ws[skip].low) > 1 || ws[skip].class == mark || skip == n) {
		return measured(ws, u, v, skip+1)
	}
	return figureOf(Number, "", v), n
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

// bits are units whose capitals make them others: bits, and mega instead of milli.
var bits = map[string]bool{"Mg": true, "Gb": true, "Mb": true, "Kb": true, "Tb": true, "Mm": true}

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

// currencyFirst reads "USD 30", and ordinals in words.
func currencyFirst(ws []word) (Unit, int) {
	if v, ok := ordinalWords()[ws[0].low]; ok && ws[0].class == letters {
		return figureOf(Ordinal, "", v), 1
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
		if !ok || len(ws[n].low) == 1 && !(adjacent(ws[n-1], ws[n]) && (ws[n].low == "k" || strings.ContainsAny(ws[0].text, "$€£¥"))) {
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
