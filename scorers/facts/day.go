package facts

import (
	"fmt"
	"math"
	"time"
)

// Day is a calendar day in a text. Year is 0 where none is given.
type Day struct {
	Year, Month, Day int
	Start, End       int // bytes of the text
}

// String gives the day as ISO 8601 writes it.
func (d Day) String() string {
	if d.Year == 0 {
		return fmt.Sprintf("--%02d-%02d", d.Month, d.Day)
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// Near reports whether two days are at most so many days apart. Where one has no
// year it is taken to be that of the other.
func (d Day) Near(o Day, days float64) bool {
	if d.Year == 0 {
		d.Year = o.Year
	}
	if o.Year == 0 {
		o.Year = d.Year
	}
	apart := d.time().Sub(o.time()).Hours() / 24
	return math.Abs(apart) <= days
}

func (d Day) time() time.Time {
	year := d.Year
	if year == 0 {
		year = 2000 // a leap year
	}
	return time.Date(year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC)
}

// Days are the dates of a text that name a day, in order.
func (t *Text) Days(dayFirst bool) (days []Day) {
	for _, u := range t.Units {
		if u.Kind != Date {
			continue
		}
		d := Day{Start: u.Start, End: u.End}
		if n, _ := fmt.Sscanf(u.Key, "@%4d-%2d-%2d", &d.Year, &d.Month, &d.Day); n != 3 {
			if n, _ := fmt.Sscanf(u.Key, "@%d/%d/%d", &d.Month, &d.Day, &d.Year); n != 3 {
				continue
			}
			if dayFirst && d.Day <= 12 || d.Month > 12 {
				d.Month, d.Day = d.Day, d.Month
			}
		}
		if d.Month > 0 && d.Day > 0 && d.time().Day() == d.Day {
			days = append(days, d)
		}
	}
	return days
}
