package facts

import (
	"fmt"
	"math"
	"strings"
	"sync"
)

var months = sync.OnceValue(func() map[string]int {
	table := map[string]int{}
	for m, n := range map[string]int{"dez": 12, "okt": 10, "mär": 3, "jänner": 1} {
		table[m] = n
	}
	for i, m := range strings.Fields("january february march april may june july august september october november december") {
		table[m] = i + 1
		table[m[:3]] = i + 1
	}
	table["sept"] = 9
	for m, n := range map[string]int{"dez": 12, "okt": 10, "mär": 3, "jänner": 1} {
		table[m] = n
	}
	for i, m := range strings.Fields("januar februar märz april mai juni juli august september oktober november dezember") {
		table[m] = i + 1
	}
	return table
})

var weekdays = sync.OnceValue(func() map[string]string {
	names := map[string]string{}
	for _, d := range strings.Fields("monday tuesday wednesday thursday friday saturday sunday") {
		names[d], names[d+"s"] = d, d
	}
	for short, d := range map[string]string{"mon": "monday", "tue": "tuesday", "tues": "tuesday", "wed": "wednesday",
		"thu": "thursday", "thur": "thursday", "thurs": "thursday", "fri": "friday", "sat": "saturday", "sun": "sunday"} {
		names[short] = d
	}
	return names
})

// weekday reads "Monday", "Mondays", and "Mon" with a capital. "Sat" and "Sun" are
// days where another day, a figure or a mark stands beside them.
func weekday(ws []word, i int) (Unit, int) {
	w := ws[i]
	day := weekdays()[w.low]
	if day == "" || w.class != letters || len(w.low) < 6 && !w.capital {
		return Unit{}, 0
	}
	if (w.low == "sat" || w.low == "sun") && !besideDay(ws, i-1, i-2) && !besideDay(ws, i+1, i+2) {
		return Unit{}, 0
	}
	return Unit{Kind: Date, Key: "@" + day}, 1
}

// besideDay reports whether word i, or the one beyond a joining word or mark, is a
// day of the week or a figure.
func besideDay(ws []word, i, beyond int) bool {
	if i < 0 || i >= len(ws) || ws[i].ends {
		return false
	}
	if ws[i].class == digits || weekdays()[ws[i].low] != "" {
		return true
	}
	joins := ws[i].class == mark || ws[i].low == "to" || ws[i].low == "and" || ws[i].low == "or"
	return joins && beyond >= 0 && beyond < len(ws) && (ws[beyond].class == digits || weekdays()[ws[beyond].low] != "")
}

// date reads "20 November 2026", "Nov 20th, 2026", "November 2026", "2026-11-20",
// "20.11.2026", "11/20/2026" and "11-20-2026". Of the last two the order of day and
// month cannot be known; they are compared as written.
func date(ws []word) (Unit, int) {
	if u, n := dateInDigits(ws); n > 0 {
		return u, n
	}
	if day, ok := dayAt(ws, 0); ok { // 20 November
		n := 1
		if n < len(ws) && isOrdinalEnding(ws[n].low) && adjacent(ws[0], ws[n]) || n < len(ws) && ws[n].text == "." {
			n++
		}
		if n < len(ws) && (ws[n].low == "of" || ws[n].text == "-") {
			n++
		}
		m := monthAt(ws, n)
		after := n + 1
		if after < len(ws) && (ws[after].text == "." || ws[after].text == "-") {
			after++
		}
		year, more := yearAt(ws, after)
		if m == 0 && more > 0 && n < len(ws) && ws[n].class == letters { // small letters will do before a year
			m = months()[ws[n].low]
		}
		switch {
		case m > 0 && more > 0:
			return dateOf(year, m, day), after + more
		case m > 0:
			return dateOf(0, m, day), n + 1
		}
		return Unit{}, 0
	}
	m := monthAt(ws, 0)
	if m == 0 {
		return smallMonth(ws)
	}
	n := 1
	if ws[0].low != "may" && len(ws) > n && ws[n].text == "." {
		n++
	}
	if day, ok := dayAt(ws, n); ok { // November 20
		n++
		if n < len(ws) && isOrdinalEnding(ws[n].low) && adjacent(ws[n-1], ws[n]) {
			n++
		}
		year, more := yearAt(ws, n)
		return dateOf(year, m, day), n + more
	}
	year, more := yearAt(ws, n)
	if more > 0 {
		return dateOf(year, m, 0), n + more
	}
	if ws[0].low == "may" || ws[0].low == "march" || len(ws[0].low) == 3 {
		return Unit{}, 0 // a verb, or too short to be sure
	}
	return dateOf(0, m, 0), 1
}

// smallMonth reads "may 3, 2026": small letters will do with a day and a year.
func smallMonth(ws []word) (Unit, int) {
	if ws[0].class != letters {
		return Unit{}, 0
	}
	m, n := months()[ws[0].low], 1
	day, ok := dayAt(ws, n)
	if m == 0 || !ok {
		return Unit{}, 0
	}
	n++
	if n < len(ws) && isOrdinalEnding(ws[n].low) && adjacent(ws[n-1], ws[n]) {
		n++
	}
	year, more := yearAt(ws, n)
	if more == 0 {
		return Unit{}, 0
	}
	return dateOf(year, m, day), n + more
}

// dateInDigits reads three numbers joined by '-', '/' or '.'.
func dateInDigits(ws []word) (Unit, int) {
	if ws[0].class == mark || len(ws[0].text) > 10 {
		return Unit{}, 0
	}
	// A chain of digits and dots is no number: it comes as one piece, as does
	// the part of a date after its first hyphen, which reads as a sign.
	var text strings.Builder
	n := 0
	for n < len(ws) && n < 5 && (n == 0 || adjacent(ws[n-1], ws[n])) && strings.Trim(ws[n].text, "0123456789-/.") == "" {
		text.WriteString(ws[n].text)
		n++
	}
	s := text.String()
	if strings.HasSuffix(s, ".") || strings.HasSuffix(s, "-") {
		s, n = s[:len(s)-1], n-1
	}
	if len(s) < 8 || n < 2 && strings.Count(s, ".") < 2 {
		return Unit{}, 0
	}
	var a, b, c int
	for _, f := range [...]string{"%4d-%2d-%2d", "%4d/%2d/%2d"} {
		if k, _ := fmt.Sscanf(s, f, &a, &b, &c); k == 3 && len(s) >= 8 && a > 999 && valid(b, c) {
			return dateOf(a, b, c), n
		}
	}
	if k, _ := fmt.Sscanf(s, "%2d.%2d.%4d", &a, &b, &c); k == 3 && c > 999 && valid(b, a) {
		return dateOf(c, b, a), n
	}
	for _, f := range [...]string{"%2d/%2d/%4d", "%2d-%2d-%4d"} {
		if k, _ := fmt.Sscanf(s, f, &a, &b, &c); k == 3 && (c > 999 || f[3] == '/') && (valid(a, b) || valid(b, a)) {
			switch {
			case c > 999 && a > 12: // no month: the order is known
				return dateOf(c, b, a), n
			case c > 999 && b > 12:
				return dateOf(c, a, b), n
			}
			return Unit{Kind: Date, Key: fmt.Sprintf("@%d/%d/%d", a, b, c)}, n
		}
	}
	return Unit{}, 0
}

func valid(month, day int) bool { return month >= 1 && month <= 12 && day >= 1 && day <= 31 }

// dayAt gives the day of a month at word i.
func dayAt(ws []word, i int) (int, bool) {
	if i >= len(ws) || ws[i].class != digits || strings.Trim(ws[i].text, "0123456789") != "" || len(ws[i].text) > 2 {
		return 0, false
	}
	return int(ws[i].value), ws[i].value >= 1 && ws[i].value <= 31
}

func monthAt(ws []word, i int) int {
	if i >= len(ws) || ws[i].class != letters || !ws[i].capital {
		return 0
	}
	return months()[ws[i].low]
}

// yearAt gives a year at word i, behind a comma or not, and how many words it is.
func yearAt(ws []word, i int) (year, n int) {
	if i < len(ws) && ws[i].text == "," {
		i, n = i+1, 1
	}
	if i < len(ws) && ws[i].class == digits && len(ws[i].text) <= 5 && len(strings.TrimPrefix(ws[i].text, "-")) == 4 {
		if year := math.Abs(ws[i].value); year == math.Trunc(year) && year > 999 {
			return int(year), n + 1
		}
	}
	return 0, 0
}

// dateOf is the key of a date of which parts may be unknown, 0.
func dateOf(year, month, day int) Unit {
	return Unit{Kind: Date, Key: fmt.Sprintf("@%04d-%02d-%02d", year, month, day)}
}

// year is the year of a date as a number alone is written, or empty.
func year(date string) string {
	var y, m, d int
	if n, _ := fmt.Sscanf(date, "@%d/%d/%d", &m, &d, &y); n == 3 {
		return fmt.Sprint(y)
	}
	if y, _, ok := strings.Cut(strings.TrimPrefix(date, "@"), "-"); ok && y > "0999" {
		return y
	}
	return ""
}

// agree reports whether two dates with unknown parts may be the same day.
func agree(a, b string) bool {
	if len(a) != len(b) || len(a) != len("@0000-00-00") {
		return a == b
	}
	for _, part := range [][2]int{{1, 5}, {6, 8}, {9, 11}} {
		x, y := a[part[0]:part[1]], b[part[0]:part[1]]
		if x != y && strings.Trim(x, "0") != "" && strings.Trim(y, "0") != "" {
			return false
		}
	}
	return true
}

var namedTimes = map[string]string{"noon": "@12:00", "midday": "@12:00", "midnight": "@00:00"}

// clock reads "15:30", "3:30 pm", "3 p.m." and "noon"; the key is the minute of
// the day.
func clock(ws []word) (Unit, int) {
	if at, ok := namedTimes[ws[0].low]; ok {
		return Unit{Kind: Time, Key: at}, 1
	}
	if ws[0].class != digits || strings.Trim(ws[0].text, "0123456789") != "" || len(ws[0].text) > 2 {
		return Unit{}, 0
	}
	hour, minute, n := int(ws[0].value), 0, 1
	if len(ws) > 2 && ws[1].text == ":" && adjacent(ws[0], ws[1]) && adjacent(ws[1], ws[2]) && ws[2].class == digits && len(ws[2].text) == 2 {
		minute, n = int(ws[2].value), 3
	}
	half := ""
	if n < len(ws) {
		half = ws[n].low
	}
	switch {
	case half == "am" && hour <= 12:
		hour, n = hour%12, n+1
	case half == "pm" && hour <= 12:
		hour, n = hour%12+12, n+1
	case n == 1 && hour == 12 && namedTimes[half] != "":
		return Unit{Kind: Time, Key: namedTimes[half]}, 2
	case n == 1:
		return Unit{}, 0
	}
	if hour > 24 || minute > 59 {
		return Unit{}, 0
	}
	return Unit{Kind: Time, Key: fmt.Sprintf("@%02d:%02d", hour, minute)}, n
}
