package facts

import (
	"testing"

	"holdtrue/scorers/lexicon"
)

func english(tb testing.TB) *lexicon.Lexicon {
	tb.Helper()
	lex, err := lexicon.English()
	if err != nil {
		tb.Fatal(err)
	}
	return lex
}

// TestKeys: what is written on one line says the same.
func TestKeys(t *testing.T) {
	lex := english(t)
	for _, row := range []struct {
		kind  Kind
		texts []string
	}{
		{Duration, []string{"30 days", "thirty days", "30-day", "thirty-day"}},
		{Duration, []string{"2 weeks", "14 days", "two weeks"}},
		{Duration, []string{"1 year", "12 months", "one year"}},
		{Percent, []string{"30%", "30 %", "30 percent", "thirty per cent"}},
		{Money, []string{"$3,000,000", "$3 million", "3 million dollars", "USD 3000000", "$3m"}},
		{Money, []string{"5 €", "€5", "five euros", "EUR 5"}},
		{Number, []string{"1,234.5", "1234.5"}},
		{Number, []string{"25", "twenty-five"}},
		{Number, []string{"120", "one hundred and twenty", "a hundred and twenty"}},
		{Number, []string{"150206", "one hundred and fifty thousand two hundred and six"}},
		{Number, []string{"500000", "half a million", "five hundred thousand"}},
		{Number, []string{"21", "twenty one"}},
		{Money, []string{"$3,500", "three thousand five hundred dollars"}},
		{Duration, []string{"60 minutes", "an hour", "one hour"}},
		{Duration, []string{"seven days", "a week"}},
		{Duration, []string{"30 minutes", "half an hour"}},
		{Duration, []string{"90 minutes", "an hour and a half", "one and a half hours"}},
		{Time, []string{"12:00", "noon", "12 noon"}},
		{Quantity, []string{"two times", "twice"}},
		{Quantity, []string{"100 km/h", "100 kilometers per hour", "100 kph"}},
		{Quantity, []string{"60 mph", "60 miles per hour", "60 miles an hour"}},
		{Quantity, []string{"-5 °C", "minus 5 °C", "minus five degrees Celsius"}},
		{Quantity, []string{"0.5 mg", "500 mcg", "500 µg", "500 μg", "500 micrograms"}},
		{Quantity, []string{"25 yards", "22.86 metres", "25 yd"}},
		{Quantity, []string{"12 stone", "168 lb"}},
		{Money, []string{"£0.50", "50 pence", "50p"}},
		{Money, []string{"₩500", "500 won", "KRW 500"}},
		{Money, []string{"CA$5", "CAD 5"}},
		{Duration, []string{"2 fortnights", "4 weeks"}},
		{Ordinal, []string{"3rd", "third"}},
		{Date, []string{"31 December 2025", "31/12/2025", "12/31/2025"}},
		{Date, []string{"20 November 2026", "November 20, 2026", "Nov 20th, 2026", "2026-11-20", "20.11.2026", "20 Nov 2026"}},
		{Date, []string{"2026-05-03", "_May 3, 2026_", "may 3, 2026", "2026\u201105\u201103", "2026\u201305\u201303", "3\u202fMay 2026", "May\u202f3, 2026"}},
		{Date, []string{"05-03-2026", "05/03/2026"}},
		{Date, []string{"Monday", "Mondays", "monday", "Mon"}},
		{Name, []string{"Beyonc\u00e9", "Beyonce\u0301"}},
		{Time, []string{"3 pm", "15:00", "3:00 p.m."}},
		{Quantity, []string{"2 km", "2000 m", "2,000 metres"}},
		{Quantity, []string{"5 GB", "5 gigabytes"}},
		{Quantity, []string{"20 °C", "20 degrees Celsius"}},
		{Quantity, []string{"36 km/h", "10 m/s"}},
		{Quantity, []string{"5 m²", "50000 cm²"}},
		{Duration, []string{"1 h 30 min", "90 minutes", "1 hour and 30 minutes", "1.5 hours"}},
		{Address, []string{"https://example.com/a", "https://example.com/a/"}},
		{Address, []string{"Anna@Example.com", "anna@example.com"}},
		{Address, []string{"http://www.example.com", "https://example.com", "example.com", "HTTPS://Example.com/"}},
		{Address, []string{"https://example.com/help", "example.com/help"}},
		{Code, []string{"TCK-123", "tck-123"}},
		{Code, []string{"Version 2.5.1", "v2.5.1", "2.5.1", "version v2.5.1"}},
		{Code, []string{"Version 2.5", "v2.5"}},
		{Negation, []string{"not", "never", "no"}},
	} {
		first := Read(lex, row.texts[0])
		for _, s := range row.texts {
			got := Read(lex, s)
			if len(got.Units) != 1 || got.Units[0].Kind != row.kind || got.Units[0].Key != first.Units[0].Key {
				t.Errorf("%q: %+v, want one %s like %+v", s, got.Units, row.kind, first.Units)
			}
		}
	}
}

// TestDifferentKeys: what is written on one line does not say the same.
func TestDifferentKeys(t *testing.T) {
	lex := english(t)
	for _, pair := range [][2]string{{"20 °C", "20 °F"}, {"5 km/h", "5 km"}, {"5 m²", "5 m"}, {"5 m³", "5 m²"}, {"5 mg", "5 Mg"},
		{"1 GB", "1 Gb"}, {"1 h 30 min", "30 min"}, {"30 days", "30 months"}, {"$5", "5 €"}, {"5 °C", "-5 °C"}, {"3", "3rd"}, {"https://youtu.be/dQw4w9WgXcQ", "https://youtu.be/dqw4w9wgxcq"},
		{"v2.5.1", "v2.5.2"}, {"50 g", "50 mcg"}, {"$100", "100 pesos"},
		{"£20", "20 pence"}, {"₩500", "$500"}, {"12 pounds", "12 stone"}, {"$5", "CA$5"}, {"< 5", "> 5"},
		{"one hundred and two hundred", "300"}, {"twice a day", "twice"}, {"a second time", "1 second"}} {
		a, b := Read(lex, pair[0]), Read(lex, pair[1])
		if len(a.Units) == len(b.Units) && a.Units[0].Key == b.Units[0].Key {
			t.Errorf("%q and %q are both %q", pair[0], pair[1], a.Units[0].Key)
		}
	}
}

func TestKinds(t *testing.T) {
	lex := english(t)
	for _, row := range []struct {
		text, unit string
		kind       Kind
	}{
		{"The James Webb telescope works.", "James", Name},
		{"Anna Berg came.", "Berg", Name},
		{"It isn't here.", "n't", Negation},
		{"You cannot go.", "not", Negation},
		{"Ask Dr. Smith about it.", "Smith", Name},
		{"Die Frist ist lang und der Preis ist hoch.", "Frist", Word},
		{"It opens before noon.", "before", Contrast},
		{"Call v2.1 now", "v2.1", Code},
		{"It is _really_ so.", "really", Word},
		{"Open Sat and Sun.", "Sun", Date},
		{"The hot Sun rises.", "Sun", Name},
	} {
		found := false
		for _, u := range Read(lex, row.text).Units {
			if row.text[u.Start:u.End] == row.unit {
				found = true
				if u.Kind != row.kind {
					t.Errorf("%q in %q: %s, want %s", row.unit, row.text, u.Kind, row.kind)
				}
			}
		}
		if !found {
			t.Errorf("%q is no unit of %q", row.unit, row.text)
		}
	}
	if got := Read(lex, "Ask Dr. Smith. It is 3.5 km. Go!").Sentences; got != 3 {
		t.Errorf("%d sentences, want 3", got)
	}
}

// TestUnitTable: every line of the table of units was understood.
func TestUnitTable(t *testing.T) {
	if len(units()) < 150 {
		t.Fatalf("%d units", len(units()))
	}
	for name, u := range units() {
		if u.kind < Percent || u.kind > Quantity || !(u.factor > 0) || u.base == "" {
			t.Errorf("%q: %+v", name, u)
		}
	}
}

// TestRanges: the first number of a range has the unit of the second.
func TestRanges(t *testing.T) {
	lex := english(t)
	for text, want := range map[string]string{
		"5-7 days": "5 days", "5–7 days": "5 days", "5 to 7 business days": "5 days", "5-7 %": "5%", "5 to 7 percent": "5%",
		"3-5 million dollars": "$3 million", "10-15 km/h": "10 km/h", "5-7 m": "5 m", "3-5 million": "3 million", "3 or 4": "3",
	} {
		got, first := Read(lex, text).Units[0].Key, Read(lex, want).Units[0].Key
		if got != first {
			t.Errorf("%q begins with %q, want %q", text, got, first)
		}
	}
}

func FuzzCompare(f *testing.F) {
	f.Add("Refunds take 30 days, not 60.", "Refunds never take $5 on 20 November 2026")
	f.Add("\xff\x00 a.b.c 1.2.3 --", "U.K. 1e9 https://x.y/z a@b.c “q”")
	f.Add("東京は30日", "It's Anna's; won't can't cannot n't")
	lex, err := lexicon.English()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := Read(lex, a), Read(lex, b)
		for _, text := range []*Text{x, y} {
			last := 0
			for _, u := range text.Units {
				if u.Start < last || u.End <= u.Start || u.End > len(text.Source) || u.Key == "" {
					t.Fatalf("%q: unit %+v after %d", text.Source, u, last)
				}
				last = u.End
			}
		}
		c := Compare(lex, x, y, Options{})
		if s := c.Score(); !(s >= 0 && s <= 1+1e-9) {
			t.Fatalf("%q and %q: %v of %v", a, b, c.Kept, c.Total)
		}
		if a == b && c.Total > 0 && c.Score() != 1 {
			t.Fatalf("%q and itself: %v %+v", a, c.Score(), c.Changes)
		}
		g := Ground(lex, []*Text{x}, y, 0.1)
		if s := g.Score(); !(s >= 0 && s <= 1+1e-9) {
			t.Fatalf("grounded: %v", s)
		}
	})
}

func BenchmarkCompare(b *testing.B) {
	lex := english(b)
	x, y := "The company said on 20 November 2026 that it will refund 30% of the $5,000 fee within 30 days. ", "On 2026-11-20 the firm announced that 25% of the fee of $5,000 is paid back within 60 days. "
	for x, y = x+x+x+x, y+y+y+y; b.Loop(); {
		Compare(lex, Read(lex, x), Read(lex, y), Options{})
	}
}
